import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { Writable } from 'node:stream';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService, type Print } from '../../fake-interpreters/lib/fake-service.js';
import type { Environment, PluginLogEntry, SinkOptions } from '../../src/index.js';
import { createEnvironment } from '../../src/index.js';
import { Collector } from '../support/collector.js';
import { environmentWith, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';

// Half a character, a byte that is none, a NUL, both line ends, and more than one chunk of 1 KiB and one line of 64 KiB.
const awkward = Buffer.concat([
  Buffer.from([0xe2, 0x82]),
  randomBytes(100_001),
  Buffer.from([0xff, 0, 13, 10, 10, 0xc3]),
]);

async function print(
  env: Environment,
  id: string,
  what: Omit<Print, 'text' | 'encoding'>,
  bytes: Uint8Array,
) {
  const text = Buffer.from(bytes).toString('base64');
  await callUnary(fakeClientOf(env, id), fakeService.Print, { ...what, text, encoding: 'base64' });
}

/** Waits for a log entry. Jest's own timeout bounds it. */
function logged(env: Environment, pattern: RegExp): Promise<PluginLogEntry> {
  return new Promise((resolve) => {
    env.events.subscribe((event) => {
      if (event.type === 'plugin.log' && pattern.test(event.entry.message)) resolve(event.entry);
    });
  });
}

describe('a sink', () => {
  it.each<[keyof SinkOptions, Omit<Print, 'text'>]>([
    ['stdout', { channel: 'stdout' }],
    ['stdout', { channel: 'stdout', to: 'pipe' }],
    ['stderr', { channel: 'stderr' }],
    ['rawStderr', { channel: 'stderr', to: 'pipe' }],
  ])('gets the bytes of %s as they are', async (name, what) => {
    const sink = new Collector();
    const others = new Collector();
    const sinks = { stdout: others, stderr: others, rawStderr: others, [name]: sink };
    const { env, id } = await environmentWith('healthy', { sinks });
    await env.activate(id);
    await print(env, id, what, awkward.subarray(0, 1));
    await print(env, id, what, awkward.subarray(1, 5000));
    await print(env, id, what, awkward.subarray(5000));
    expect((await sink.has(awkward.length)).equals(awkward)).toBe(true);
    await env.shutdown();
    expect(sink.bytes().length).toBe(awkward.length);
    expect(others.bytes().length).toBe(0);
    expect(sink.writable).toBe(true);
    expect(sink.listenerCount('error')).toBe(0);
  });

  it('is independent of the logs', async () => {
    const sink = new Collector();
    const { env, id } = await environmentWith('healthy', { sinks: { stdout: sink } });
    await env.activate(id);
    const entry = logged(env, /^hello$/);
    await print(env, id, { channel: 'stdout' }, Buffer.from('hello\r\n'));
    expect(await entry).toMatchObject({ source: 'stdio-stdout', level: 'info' });
    expect((await sink.has(7)).toString()).toBe('hello\r\n');
  });

  it('gets the bytes of a process up to its end', async () => {
    const sink = new Collector();
    const { env, id } = await environmentWith('missing-python-module', { sinks: { rawStderr: () => sink } });
    await env.activate(id).catch(() => undefined);
    expect(sink.bytes().toString()).toBe(env.status(id).lastExit?.stderrTail);
    expect(sink.bytes().toString()).toMatch(/^Traceback[^]*ModuleNotFoundError[^]*\n$/);
  });

  it('is opened once for each plugin, and kept over restarts', async () => {
    const sink = new Collector();
    const asked: string[] = [];
    const choose = (plugin: string) => {
      asked.push(plugin);
      return sink;
    };
    const { env, id } = await environmentWith('crashes-on-command', {
      sinks: { stdout: choose },
      policy: { restart: { backoff: { firstMs: 0 } } },
    });
    await env.activate(id);
    await print(env, id, { channel: 'stdout' }, Buffer.from('one'));
    await sink.has(3);
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await until(env, id, 'restarting');
    await until(env, id, 'healthy');
    await print(env, id, { channel: 'stdout' }, Buffer.from('two'));
    expect((await sink.has(6)).toString()).toBe('onetwo');
    expect(asked).toEqual([id]);
  });

  it.each<[string, () => SinkOptions['stdout'], RegExp]>([
    [
      'fails',
      () =>
        new Writable({
          write: (_c, _e, done) => {
            done(new Error('disk full'));
          },
        }),
      /disk full/,
    ],
    ['is on a full disk', () => createWriteStream('/dev/full'), /ENOSPC/],
    ['has failed and not said so yet', () => () => new Writable().destroy(new Error('no space')), /no space/],
    ['throws', () => Object.assign(new Collector(), { write: throwing }), /no such thing/],
    ['was ended', () => new Collector().end(), /write after end|closed/],
    ['was destroyed', () => new Collector().destroy(), /closed/],
    ['cannot be opened', () => throwing, /no such thing/],
  ])('that %s is reported once, and its plugin serves on', async (_, make, reason) => {
    const { env, id } = await environmentWith('healthy', { sinks: { stdout: make() } });
    const warnings: PluginLogEntry[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.log' && event.entry.level === 'warn') warnings.push(event.entry);
    });
    await env.activate(id);
    for (const word of ['one', 'two', 'three']) {
      const heard = logged(env, new RegExp(word));
      await print(env, id, { channel: 'stdout' }, Buffer.from(`${word}\n`));
      await heard;
    }
    await env.performHealthCheck(id);
    await env.shutdown();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatchObject({ plugin: id, source: 'stdio-stdout' });
    expect(warnings[0]?.message).toMatch(/^the sink stdout failed: /);
    expect(warnings[0]?.message).toMatch(reason);
  });

  it('that has failed is opened again for the next process, and reported again if it fails again', async () => {
    const good = new Collector();
    const streams = [() => createWriteStream('/dev/full'), throwing, () => good];
    const { env, id } = await environmentWith('healthy', { sinks: { stdout: () => streams.shift()?.() } });
    const warnings: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.log' && event.entry.level === 'warn') warnings.push(event.entry.message);
    });
    for (const word of ['one', 'two', 'three']) {
      await env.restartPlugin(id);
      for (const part of ['first', 'last']) {
        const heard = logged(env, new RegExp(`${word} ${part}`));
        await print(env, id, { channel: 'stdout' }, Buffer.from(`${word} ${part}\n`));
        await heard;
      }
    }
    expect((await good.has(22)).toString()).toBe('three first\nthree last\n');
    expect(warnings).toEqual([
      expect.stringMatching(/failed: ENOSPC/),
      expect.stringMatching(/failed: no such thing/),
    ]);
  });

  it('that is too slow loses bytes, and neither blocks its plugin nor fills the memory', async () => {
    let release: () => void = () => undefined;
    const sink = new Writable({
      write: (_chunk, _encoding, done) => {
        release = done;
      },
      highWaterMark: 1024,
    });
    const { env, id } = await environmentWith('healthy', { sinks: { stdout: sink } });
    await env.activate(id);
    const slow = logged(env, /too slow/);
    for (let mib = 0; mib < 6; mib += 1)
      await print(env, id, { channel: 'stdout' }, Buffer.alloc(1024 * 1024, 'x'));
    expect(await slow).toMatchObject({ level: 'warn' });
    await env.performHealthCheck(id);
    expect(sink.writableLength).toBeLessThanOrEqual(4 * 1024 * 1024);

    const caughtUp = logged(env, /caught up/);
    sink._write = (_chunk, _encoding, done) => {
      done();
    };
    const drained = new Promise((resolve) => sink.once('drain', resolve));
    release();
    await drained;
    await print(env, id, { channel: 'stdout' }, Buffer.from('again'));
    expect((await caughtUp).message).toMatch(/; \d+ bytes were dropped/);
  });

  it.each([[{ stdout: 'a file' }], [{ stdin: new Collector() }], [{ stderr: {} }]])(
    'is a stream or a function: %j',
    async (sinks) => {
      const made = createEnvironment({ bundles: [], sinks: sinks as unknown as SinkOptions });
      await expect(made).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );
});

function throwing(): never {
  throw new Error('no such thing');
}
