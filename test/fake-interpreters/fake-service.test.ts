import { status } from '@grpc/grpc-js';
import { existsSync } from 'node:fs';
import { once } from 'node:events';
import { controllerService } from '../../fake-interpreters/lib/controller.js';
import { callUnary, openStream } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { healthService } from '../../fake-interpreters/lib/health.js';
import { stdioService } from '../../fake-interpreters/lib/stdio.js';
import { createLauncher, handshakeOf } from './launcher.js';

const fakes = createLauncher();
afterAll(fakes.endAll);

async function healthy() {
  const fake = fakes.launch('healthy');
  return { fake, client: await fakes.connect(fake) };
}

describe('the Fake service', () => {
  it('echoes any bytes', async () => {
    const { client } = await healthy();
    const bytes = Buffer.from([0, 255, 10, 13, 128]);
    expect(await callUnary(client, fakeService.Echo, bytes)).toEqual(bytes);
  });

  it('takes and sends more than 4 MiB', async () => {
    const { client } = await healthy();
    const size = 5 * 1024 * 1024;
    expect((await callUnary(client, fakeService.Blob, { size })).length).toBe(size);
    expect((await callUnary(client, fakeService.Echo, Buffer.alloc(size))).length).toBe(size);
  });

  it('tells the environment, the arguments, the working directory and the process ids', async () => {
    const { fake, client } = await healthy();
    expect(await callUnary(client, fakeService.Env, {})).toMatchObject({ PLUGIN_PROTOCOL_VERSIONS: '1' });
    expect(await callUnary(client, fakeService.Launch, {})).toEqual({
      argv: ['-u', 'plugin.py'],
      cwd: process.cwd(),
    });
    expect(await callUnary(client, fakeService.Pid, {})).toEqual({
      pid: fake.pid,
      ppid: process.pid,
      grandchild: null,
    });
  });

  it('hangs until the deadline', async () => {
    const { client } = await healthy();
    const hang = callUnary(client, fakeService.Hang, {}, { deadline: Date.now() + 200 });
    await expect(hang).rejects.toMatchObject({ code: status.DEADLINE_EXCEEDED });
  });

  it('streams as many messages as asked for and then stays open until cancelled', async () => {
    const { client } = await healthy();
    const stream = openStream(client, fakeService.Stream, { count: 3 });
    const indexes: number[] = [];
    const cancelled = once(stream, 'error');
    stream.on('data', ({ index }: { index: number }) => {
      indexes.push(index);
      if (index === 2) stream.cancel();
    });
    expect(await cancelled).toEqual([expect.objectContaining({ code: status.CANCELLED })]);
    expect(indexes).toEqual([0, 1, 2]);
  });

  it.each([
    { name: 'crashes-on-command', crash: {}, ending: { code: 1, signal: null } },
    { name: 'crashes-on-command', crash: { code: 7 }, ending: { code: 7, signal: null } },
    { name: 'crashes-on-command', crash: { signal: 'SIGABRT' }, ending: { code: null, signal: 'SIGABRT' } },
    { name: 'sigsegv', crash: {}, ending: { code: null, signal: 'SIGSEGV' } },
  ] as const)('ends $name by $ending when asked for $crash', async ({ name, crash, ending }) => {
    const fake = fakes.launch(name);
    const call = callUnary(await fakes.connect(fake), fakeService.Crash, crash);
    await expect(call).rejects.toMatchObject({ code: status.UNAVAILABLE });
    expect(await fake.ended).toEqual(ending);
    expect(existsSync((await handshakeOf(fake)).address)).toBe(true);
  });
});

describe('the health of a fake', () => {
  it('changes on command, and a watcher is notified', async () => {
    const { client } = await healthy();
    const watch = openStream(client, healthService.Watch, { service: 'plugin' }).on('error', () => undefined);
    const statuses = watch.iterator() as AsyncIterator<string>;
    expect(await statuses.next()).toMatchObject({ value: 'SERVING' });
    await callUnary(client, fakeService.SetHealth, { status: 'NOT_SERVING' });
    expect(await statuses.next()).toMatchObject({ value: 'NOT_SERVING' });
    expect(await callUnary(client, healthService.Check, { service: 'plugin' })).toBe('NOT_SERVING');
    watch.cancel();
  });

  it('is not found for a service that is not there', async () => {
    const { client } = await healthy();
    const check = callUnary(client, healthService.Check, { service: 'unknown' });
    await expect(check).rejects.toMatchObject({ code: status.NOT_FOUND });
  });
});

describe('what a fake prints on command', () => {
  it('comes through GRPCStdio in chunks of 1 KiB, even if it was printed before anybody read', async () => {
    const { client } = await healthy();
    await callUnary(client, fakeService.Print, { channel: 'stdout', text: 'a'.repeat(2_500) });
    const stdio = openStream(client, stdioService.StreamStdio, {});
    const cancelled = once(stdio, 'error');
    const chunks: [string, number][] = [];
    stdio.on('data', ({ channel, data }: { channel: string; data: Buffer }) => {
      chunks.push([channel, data.length]);
      if (channel === 'stderr') stdio.cancel();
    });
    await callUnary(client, fakeService.Print, { channel: 'stderr', text: 'oh' });
    await cancelled;
    expect(chunks).toEqual([
      ['stdout', 1024],
      ['stdout', 1024],
      ['stdout', 452],
      ['stderr', 2],
    ]);
  });

  it('comes through a stream that ends in order with the plugin', async () => {
    const { client } = await healthy();
    const stdio = openStream(client, stdioService.StreamStdio, {}).on('error', () => undefined);
    const end = once(stdio, 'status');
    await callUnary(client, fakeService.Print, { channel: 'stdout', text: 'bye' });
    expect(await once(stdio, 'data')).toEqual([{ channel: 'stdout', data: Buffer.from('bye') }]);
    await callUnary(client, controllerService.Shutdown, {});
    expect(await end).toEqual([expect.objectContaining({ code: status.OK })]);
  });

  it('comes through the pipe where that is asked for', async () => {
    const { fake, client } = await healthy();
    await callUnary(client, fakeService.Print, { channel: 'stderr', text: 'raw\n', to: 'pipe' });
    await fake.stderr.until((output) => output.text() === 'raw\n');
  });

  it('comes through the pipe of a fake without GRPCStdio', async () => {
    const fake = fakes.launch('no-stdio');
    const client = await fakes.connect(fake);
    const stdio = openStream(client, stdioService.StreamStdio, {});
    const [error] = (await once(stdio, 'error')) as unknown[];
    expect(error).toMatchObject({ code: status.UNIMPLEMENTED });
    await callUnary(client, fakeService.Print, { channel: 'stderr', text: 'no stdio\n' });
    await fake.stderr.until((output) => output.text() === 'no stdio\n');
  });
});
