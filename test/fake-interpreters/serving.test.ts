import { existsSync } from 'node:fs';
import { status } from '@grpc/grpc-js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { controllerService } from '../../fake-interpreters/lib/controller.js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { healthService } from '../../fake-interpreters/lib/health.js';
import { createLauncher, handshakeOf } from './launcher.js';

const serving: readonly FakeInterpreterName[] = [
  'healthy',
  'healthy-on-tcp',
  'has-hooks',
  'no-stdio',
  'slow-line',
  'blank-first-line',
  'noise-before-the-line',
  'hangs-in-on-activate',
  'fails-on-activate',
  'hangs-in-on-deactivate',
  'crashes-on-command',
  'sigsegv',
  'floods-stdout',
  'floods-stderr',
  'prints-invalid-utf8-and-long-lines',
  'forks-a-grandchild',
];

const fakes = createLauncher();
afterAll(fakes.endAll);

describe('a fake that serves', () => {
  it.concurrent.each(serving)('%s says that it is healthy, and exits with 0 on Shutdown', async (name) => {
    const fake = fakes.launch(name);
    const client = await fakes.connect(fake);
    expect(await callUnary(client, healthService.Check, { service: 'plugin' })).toBe('SERVING');
    expect(await callUnary(client, controllerService.Shutdown, {})).toEqual({});
    expect(await fake.ended).toEqual({ code: 0, signal: null });
    expect(existsSync((await handshakeOf(fake)).address)).toBe(false);
  });

  it.concurrent('health-not-serving says so', async () => {
    const client = await fakes.connect(fakes.launch('health-not-serving'));
    expect(await callUnary(client, healthService.Check, { service: 'plugin' })).toBe('NOT_SERVING');
  });

  it.concurrent('health-never-answers about its health, but answers everything else', async () => {
    const client = await fakes.connect(fakes.launch('health-never-answers'));
    const check = callUnary(
      client,
      healthService.Check,
      { service: 'plugin' },
      { deadline: Date.now() + 400 },
    );
    expect(await callUnary(client, fakeService.Echo, Buffer.from('here'))).toEqual(Buffer.from('here'));
    await expect(check).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  it.concurrent('no-health-service has none', async () => {
    const client = await fakes.connect(fakes.launch('no-health-service'));
    const check = callUnary(client, healthService.Check, { service: 'plugin' });
    await expect(check).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });

  it.concurrent('crashes-in-a-loop is healthy first and then exits with 1', async () => {
    const fake = fakes.launch('crashes-in-a-loop');
    const client = await fakes.connect(fake);
    expect(await callUnary(client, healthService.Check, { service: 'plugin' })).toBe('SERVING');
    expect(await fake.ended).toEqual({ code: 1, signal: null });
  });
});

describe('what a fake prints before its line', () => {
  it.concurrent('blank-first-line prints an empty one', async () => {
    const fake = fakes.launch('blank-first-line');
    await handshakeOf(fake);
    expect(fake.stdout.text()).toMatch(/^\n1\|1\|unix\|[^|]+\|grpc\|\n$/);
  });

  it.concurrent('noise-before-the-line prints three', async () => {
    const fake = fakes.launch('noise-before-the-line');
    await handshakeOf(fake);
    expect(fake.stdout.text()).toMatch(/^([^|\n]+\n){2}ready\|to\|go\n1\|1\|unix\|[^|]+\|grpc\|\n$/);
  });
});

describe('what a fake prints after its line', () => {
  it.concurrent.each(['stdout', 'stderr'] as const)(
    'floods-%s pours for as long as it is read',
    async (pipe) => {
      const fake = fakes.launch(`floods-${pipe}`);
      const client = await fakes.connect(fake);
      await fake[pipe].until((output) => output.length() > 4 * 1024 * 1024);
      fake[pipe].pipe.pause();
      expect(await callUnary(client, fakeService.Echo, Buffer.from('dry'))).toEqual(Buffer.from('dry'));
    },
  );

  it.concurrent('prints-invalid-utf8-and-long-lines does both, and ends amid a character', async () => {
    const fake = fakes.launch('prints-invalid-utf8-and-long-lines');
    const halfOfAnEuro = Buffer.from([0xe2, 0x82]);
    await fake.stderr.until(
      (output) => output.length() > 200_000 && output.bytes().subarray(-2).equals(halfOfAnEuro),
    );
    const lines = fake.stderr.bytes().toString('latin1').split('\n');
    expect(lines.map(({ length }) => length)).toEqual([18, 250_000, 23]);
    expect(lines[0]).toContain('\xfe\xff');
  });
});
