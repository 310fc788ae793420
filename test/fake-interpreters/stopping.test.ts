import { status } from '@grpc/grpc-js';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { controllerService } from '../../fake-interpreters/lib/controller.js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { createLauncher, handshakeOf } from './launcher.js';

const fakes = createLauncher();
afterAll(fakes.endAll);

const here = Buffer.from('still here');

describe('the end of a fake', () => {
  it('comes with 0 and without a socket left after SIGTERM, even while a call hangs', async () => {
    const fake = fakes.launch('healthy');
    const hang = callUnary(await fakes.connect(fake), fakeService.Hang, {}).catch((error: unknown) => error);
    await callUnary(await fakes.connect(fake), fakeService.Echo, here);
    fake.child.kill('SIGTERM');
    expect(await fake.ended).toEqual({ code: 0, signal: null });
    expect(await hang).toMatchObject({ code: status.UNAVAILABLE });
    expect(existsSync((await handshakeOf(fake)).address)).toBe(false);
  });

  it('does not come by SIGINT', async () => {
    const fake = fakes.launch('healthy');
    const client = await fakes.connect(fake);
    fake.child.kill('SIGINT');
    expect(await callUnary(client, fakeService.Echo, here)).toEqual(here);
  });

  it('comes to ignores-sigterm-and-shutdown by SIGKILL only', async () => {
    const fake = fakes.launch('ignores-sigterm-and-shutdown');
    await callUnary(await fakes.connect(fake), controllerService.Shutdown, {});
    fake.child.kill('SIGTERM');
    expect(await callUnary(await fakes.connect(fake), fakeService.Echo, here)).toEqual(here);
    fake.child.kill('SIGKILL');
    expect(await fake.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });

  it('comes to no-controller by SIGTERM', async () => {
    const fake = fakes.launch('no-controller');
    const shutdown = callUnary(await fakes.connect(fake), controllerService.Shutdown, {});
    await expect(shutdown).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
    fake.child.kill('SIGTERM');
    expect(await fake.ended).toEqual({ code: 0, signal: null });
  });

  it('leaves the grandchild of forks-a-grandchild, which holds the pipes', async () => {
    const fake = fakes.launch('forks-a-grandchild');
    const client = await fakes.connect(fake);
    const { grandchild } = await callUnary(client, fakeService.Pid, {});
    await callUnary(client, controllerService.Shutdown, {});
    expect(await fake.ended).toEqual({ code: 0, signal: null });
    expect(fake.stdout.pipe.readableEnded).toBe(false);
    expect(process.kill(Number(grandchild), 'SIGKILL')).toBe(true);
    await once(fake.child, 'close');
  });

  it.concurrent.each([
    'healthy',
    'ignores-sigterm-and-shutdown',
    'never-accepts',
    'accepts-but-never-answers',
  ] as const)('comes to %s when the process that started it is killed', async (name) => {
    const host = fakes.launchBehindHost(name);
    await handshakeOf(host);
    host.child.kill('SIGKILL');
    // The fake writes into the same pipe, which ends with the last of its writers.
    await once(host.child, 'close');
    expect(await host.ended).toEqual({ code: null, signal: 'SIGKILL' });
  });
});
