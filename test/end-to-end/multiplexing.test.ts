import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { brokerTestService } from '../../fake-interpreters/lib/broker.js';
import { callUnary, openStream } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import type {
  EnvironmentOptions,
  MtlsMode,
  MultiplexMode,
  PluginErrorCode,
  PluginPhase,
} from '../../src/index.js';
import { addEcho, echo } from '../support/echo.js';
import { environmentWith, isAlive, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';

const socketOf = (address: string | null): string => (address ?? '').replace(/^unix:/, '');

async function started(name: FakeInterpreterName, options: Partial<EnvironmentOptions> = {}) {
  const { env, id } = await environmentWith(name, { multiplex: 'required', ...options });
  await env.activate(id);
  return { env, id, client: fakeClientOf(env, id), broker: env.plugin(id).broker };
}

describe('whether a plugin multiplexes', () => {
  it.each<[FakeInterpreterName, MultiplexMode, boolean]>([
    ['multiplexes', 'required', true],
    ['multiplexes', 'auto', true],
    ['multiplexes', 'off', false],
    ['declines-multiplexing', 'auto', false],
    ['declines-multiplexing', 'off', false],
    ['healthy', 'auto', false],
    ['healthy', 'off', false],
  ])('%s under %s: %s', async (name, multiplex, multiplexed) => {
    const { env, id, client } = await started(name, { multiplex });
    expect(env.status(id)).toMatchObject({ state: 'healthy', multiplexed });
    expect((await callUnary(client, fakeService.Env, {}))['PLUGIN_MULTIPLEX_GRPC']).toBe(
      multiplex === 'off' ? undefined : 'true',
    );
    await env.deactivate(id);
    expect(env.status(id)).toMatchObject({ multiplexed: null, lastExit: { code: 0, error: null } });
  });

  it.each<[FakeInterpreterName, RegExp]>([
    ['declines-multiplexing', /field 7 \(multiplexing\) is "false", so the plugin does not share/],
    ['healthy', /it ends before field 7/],
  ])('%s is refused where it is required', async (name, message) => {
    const { env, id } = await environmentWith(name, { multiplex: 'required' });
    await expect(env.activate(id)).rejects.toMatchObject({
      code: 'MUX_UNSUPPORTED',
      phase: 'handshake',
      message: expect.stringMatching(message) as string,
      hint: expect.stringContaining('--multiplex auto') as string,
    });
  });
});

const ways: [FakeInterpreterName, MtlsMode][] = [
  ['multiplexes', 'off'],
  ['multiplexes', 'required'],
  ['multiplexes-on-tcp', 'off'],
  ['multiplexes-on-tcp', 'required'],
];

describe.each(ways)('%s with mutual TLS %s', (name, mtls) => {
  it('calls and streams over its one connection', async () => {
    const { env, id, client } = await started(name, { mtls });
    expect(env.status(id)).toMatchObject({
      multiplexed: true,
      transport: mtls === 'off' ? 'plaintext' : 'mtls',
    });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) => callUnary(client, fakeService.Echo, Buffer.from([index]))),
    );
    expect(answers.map(([byte]) => byte)).toEqual(answers.map((_, index) => index));
    const stream = openStream(client, fakeService.Stream, { count: 1000 });
    const seen: number[] = [];
    for await (const { index } of stream as AsyncIterable<{ index: number }>) {
      seen.push(index);
      if (seen.length === 1000) break;
    }
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    // Leaving the loop does not end the call, and a stop waits for calls in flight.
    stream.cancel();
  });

  it('carries 9 MiB in both directions, byte for byte', async () => {
    const { client } = await started(name, { mtls });
    const size = 9 * 1024 * 1024;
    const sent = Buffer.alloc(size, 'the quick brown fox ');
    const [echoed, blob] = await Promise.all([
      callUnary(client, fakeService.Echo, sent),
      callUnary(client, fakeService.Blob, { size }),
    ]);
    expect(echoed.equals(sent)).toBe(true);
    expect(blob.equals(Buffer.alloc(size, 'x'))).toBe(true);
  });

  it('brokers ten connections in both directions at once', async () => {
    const { client, broker } = await started(name, { mtls });
    const toHost = Array.from({ length: 10 }, async (_, index) => {
      const { id, address } = await broker.acceptAndServe(broker.nextId(), addEcho);
      expect(address).toBe(`yamux:${id}`);
      return callUnary(client, brokerTestService.EchoFromHost, { id, text: String(index) });
    });
    const toPlugin = Array.from({ length: 10 }, async (_, index) => {
      const { id } = await callUnary(client, brokerTestService.ServeEcho, {});
      return echo(await broker.dial(id), String(index));
    });
    const [fromHost, fromPlugin] = await Promise.all([Promise.all(toHost), Promise.all(toPlugin)]);
    expect(fromHost.map(({ text }) => text)).toEqual(fromHost.map((_, index) => `the host heard ${index}`));
    expect(fromPlugin).toEqual(fromPlugin.map((_, index) => String(index)));
  });
});

describe('the broker of a plugin that multiplexes', () => {
  it('accepts a knock of either side before the id is served', async () => {
    const { client, broker } = await started('multiplexes');
    const dialled = broker.dial(1);
    const { id } = await callUnary(client, brokerTestService.ServeEcho, {});
    expect(id).toBe(1);
    expect(await echo(await dialled, 'early')).toBe('early');

    const answered = callUnary(client, brokerTestService.EchoFromHost, { id: 1, text: 'early' });
    await callUnary(client, fakeService.Echo, Buffer.from('the knock was on its way'));
    await broker.acceptAndServe(broker.nextId(), addEcho);
    expect((await answered).text).toBe('the host heard early');
  });

  it('lets the plugin dial an id more than once, until it is withdrawn', async () => {
    const { client, broker } = await started('multiplexes');
    const server = await broker.acceptAndServe(broker.nextId(), addEcho);
    const ask = () => callUnary(client, brokerTestService.EchoFromHost, { id: server.id, text: 'x' });
    for (let round = 0; round < 3; round += 1) expect((await ask()).text).toBe('the host heard x');
    server.close();
    await expect(ask()).rejects.toThrow(`nothing is served on id ${server.id} any more`);
    // A refusal spoils nothing for the next one.
    const next = await broker.acceptAndServe(broker.nextId(), addEcho);
    const { text } = await callUnary(client, brokerTestService.EchoFromHost, { id: next.id, text: 'y' });
    expect(text).toBe('the host heard y');
  });

  it('lets the host dial an id more than once', async () => {
    const { client, broker } = await started('multiplexes');
    const { id } = await callUnary(client, brokerTestService.ServeEcho, {});
    for (const text of ['one', 'two']) {
      const channel = await broker.dial(id);
      expect(await echo(channel, text)).toBe(text);
      channel.close();
    }
  });

  it('fails for an id that is not served any more, and does not delay others', async () => {
    const { id: plugin, client, broker } = await started('multiplexes');
    const { id } = await callUnary(client, brokerTestService.ServeEcho, {});
    await callUnary(client, brokerTestService.EndEcho, { id });
    const gone = broker.dial(id);
    const other = await callUnary(client, brokerTestService.ServeEcho, {});
    const meant = broker.dial(other.id);
    await expect(gone).rejects.toMatchObject({ code: 'BROKER_TIMEOUT', plugin, facts: { id } });
    expect(await echo(await meant, 'hello')).toBe('hello');
  });

  it.each<[FakeInterpreterName, PluginErrorCode, RegExp]>([
    ['refuses-knocks', 'BROKER_REFUSED', /refused the knock for id 1: nobody is at home/],
    ['never-answers-knocks', 'BROKER_TIMEOUT', /id 1/],
  ])('reports when the plugin %s', async (name, code, message) => {
    const { env, id, client, broker } = await started(name);
    await callUnary(client, brokerTestService.ServeEcho, {});
    await expect(broker.dial(1)).rejects.toMatchObject({
      code,
      plugin: id,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(/\w/) as string,
    });
    expect(env.status(id)).toMatchObject({ state: 'healthy', error: null });
  });

  it('ends with the process, and pending dials fail', async () => {
    const { env, id, client, broker } = await started('multiplexes');
    const served = await callUnary(client, brokerTestService.ServeEcho, {});
    const channel = await broker.dial(served.id);
    const waiting = [broker.dial(77), broker.dial(78)];
    const waited = Promise.all(
      waiting.map((dial) => expect(dial).rejects.toMatchObject({ code: 'BROKER_REFUSED', plugin: id })),
    );
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await waited;
    await until(env, id, 'crashed');
    await expect(echo(channel, 'x')).rejects.toThrow();
  });
});

describe('a plugin that multiplexes', () => {
  it('has a new connection after a restart, and its clients stay valid', async () => {
    const { env, id, client, broker } = await started('multiplexes', { mtls: 'required' });
    const before = await callUnary(client, fakeService.Pid, {});
    await env.restartPlugin(id);
    const after = await callUnary(client, fakeService.Pid, {});
    expect(after.pid).not.toBe(before.pid);
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 2, multiplexed: true });
    const served = await broker.acceptAndServe(broker.nextId(), addEcho);
    expect(served.id).toBe(1);
    const { text } = await callUnary(client, brokerTestService.EchoFromHost, { id: 1, text: 'again' });
    expect(text).toBe('the host heard again');
  });

  it.each(['is deactivated', 'is killed'])(
    'leaves no socket when it %s, though it removes none',
    async (end) => {
      const { env, id } = await started('multiplexes');
      const { pid, address } = env.status(id);
      const path = socketOf(address);
      expect(existsSync(path)).toBe(true);
      if (end === 'is killed') process.kill(pid as number, 'SIGKILL');
      else await env.deactivate(id);
      await until(env, id, end === 'is killed' ? 'crashed' : 'idle');
      expect(existsSync(dirname(path))).toBe(false);
    },
  );

  it('cannot be reattached by another host', async () => {
    const { env, id } = await started('multiplexes', { mtls: 'off' });
    expect(() => env.reattachConfig(id)).toThrow(
      expect.objectContaining({ code: 'MUX_UNSUPPORTED', plugin: id }) as Error,
    );
  });

  it('serves on when it opens a stream without a knock, which is reset', async () => {
    const { env, id } = await environmentWith('opens-a-stream-unasked', { multiplex: 'required' });
    const logged = new Promise((resolve) => {
      env.events.subscribe((event) => {
        if (event.type === 'plugin.log' && event.entry.message.includes('nobody had asked for'))
          resolve(event);
      });
    });
    await env.activate(id);
    await logged;
    await env.performHealthCheck(id);
    const { client, broker } = { client: fakeClientOf(env, id), broker: env.plugin(id).broker };
    const { id: served } = await broker.acceptAndServe(broker.nextId(), addEcho);
    const { text } = await callUnary(client, brokerTestService.EchoFromHost, { id: served, text: 'x' });
    expect(text).toBe('the host heard x');
  });
});

describe('a plugin that violates multiplexing', () => {
  it.each<[FakeInterpreterName, PluginErrorCode, PluginPhase, RegExp]>([
    ['answers-yamux-with-a-greeting', 'MUX_UNSUPPORTED', 'dial', /does not use yamux at unix:/],
    ['multiplexes-without-yamux', 'CONNECTION_LOST', 'dial', /closed its one connection/],
    ['drops-its-connection', 'CONNECTION_LOST', 'dial', /closed its one connection/],
    ['dialled-too-late', 'EXITED_BEFORE_HANDSHAKE', 'dial', /exited with code 0 after its handshake line/],
  ])('%s fails at once: %s', async (name, code, phase, message) => {
    const { env, id } = await environmentWith(name, { multiplex: 'required', mtls: 'off' });
    const pids: number[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.status' && event.status.pid !== null) pids.push(event.status.pid);
    });
    const begun = performance.now();
    await expect(env.activate(id)).rejects.toMatchObject({
      code,
      phase,
      plugin: id,
      message: expect.stringMatching(message) as string,
      hint: expect.stringMatching(/\w/) as string,
    });
    // A start may take 15 s.
    expect(performance.now() - begun).toBeLessThan(5000);
    expect(pids.filter(isAlive)).toEqual([]);
  });

  it.each<[FakeInterpreterName, PluginErrorCode]>([
    ['answers-yamux-with-a-greeting', 'MUX_UNSUPPORTED'],
    ['drops-its-connection', 'CONNECTION_LOST'],
  ])('and uses mutual TLS is not reported for its certificate: %s', async (name, code) => {
    const { env, id } = await environmentWith(name, { multiplex: 'required', mtls: 'required' });
    await expect(env.activate(id)).rejects.toMatchObject({ code, phase: 'dial' });
  });

  it('loses its connection while its process runs: it is reported at once, stopped and restarted', async () => {
    const { env, id, client, broker } = await started('breaks-its-session', {
      // No probe could find out so soon.
      policy: { health: { intervalMs: 600_000 }, restart: { backoff: { firstMs: 0 } } },
    });
    const { pid } = env.status(id);
    const waiting = expect(broker.dial(77)).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    await expect(callUnary(client, fakeService.Crash, {})).rejects.toMatchObject({ code: 14 });
    await waiting;
    const { generation } = env.status(id);
    expect(generation).toBe(1);
    while (env.status(id).generation === 1) await nextStatus(env);
    await until(env, id, 'healthy');
    expect(env.status(id).lastExit).toMatchObject({
      kind: 'hang',
      phase: 'serving',
      stopStep: 'terminating',
      error: {
        code: 'CONNECTION_LOST',
        plugin: id,
        message: expect.stringContaining('The one connection to the plugin has ended') as string,
      },
    });
    expect(isAlive(pid as number)).toBe(false);
    expect(String(await callUnary(client, fakeService.Echo, Buffer.from('again')))).toBe('again');
  });

  it('and crashes is reported by its exit, not by its connection', async () => {
    const { env, id } = await started('multiplexes');
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await until(env, id, 'crashed');
    expect(env.status(id).lastExit).toMatchObject({
      kind: 'signal',
      signal: 'SIGKILL',
      error: { code: 'PLUGIN_CRASHED' },
    });
  });
});

function nextStatus(env: { readonly events: { subscribe(next: () => void): { unsubscribe(): void } } }) {
  return new Promise<void>((resolve) => {
    const subscription = env.events.subscribe(() => {
      subscription.unsubscribe();
      resolve();
    });
  });
}
