import type { Client } from '@grpc/grpc-js';
import { openStream } from '../../fake-interpreters/lib/fake-client.js';
import { stdioService } from '../../fake-interpreters/lib/stdio.js';
import { parseJsonRecord } from '../../src/go-plugin/logs/json-record.js';
import { afterTest } from '../support/environment.js';
import { untilTrue } from '../support/until-true.js';
import { anyHost, espalierHost, start, type ServingPlugin } from './plugin-process.js';

/** More than any pipe holds. */
const flood = `${'0123456789abcdef'.repeat(64 * 1024)}\n`;
const printFlood = "const flood = '0123456789abcdef'.repeat(64 * 1024);";

/** Ends in the middle of a write of a mebibyte to either pipe. */
const ends: [string, string, { code: number | null; signal: string | null }][] = [
  ['process.exit', 'process.exit(3);', { code: 3, signal: null }],
  ['process.reallyExit, which calls no exit handler', 'process.reallyExit(4);', { code: 4, signal: null }],
  ['process.abort', 'process.abort();', { code: null, signal: 'SIGABRT' }],
  ['SIGKILL', "process.kill(process.pid, 'SIGKILL');", { code: null, signal: 'SIGKILL' }],
  ['an uncaught exception', "setImmediate(() => { throw new Error('torn'); });", { code: 1, signal: null }],
  ['a rejection that nobody handles', "void Promise.reject(new Error('torn'));", { code: 1, signal: null }],
];

describe('what a plugin prints on its pipes', () => {
  it.each(ends)('is whole when it ends at once by %s', async (_, end, ending) => {
    const plugin = await start();
    const code = `${printFlood} console.log(flood); console.error(flood); ${end}`;
    plugin.run(code).catch(() => undefined);
    expect(await plugin.ended).toEqual(ending);
    expect(plugin.stdout()).toBe(`${plugin.line}\n${flood}`);
    expect(plugin.stderr().startsWith(flood)).toBe(true);
  });

  it('stays in the order in which it was written, whoever writes', async () => {
    const plugin = await start();
    const code = `
      const { writeSync } = require('node:fs');
      const { execFileSync } = require('node:child_process');
      console.log('console');
      writeSync(1, 'descriptor\\n');
      execFileSync('echo', ['child'], { stdio: 'inherit' });
      process.stdout.write('stream\\n');`;
    await plugin.run(code);
    plugin.child.kill('SIGKILL');
    await plugin.ended;
    expect(plugin.stdout()).toBe(`${plugin.line}\nconsole\ndescriptor\nchild\nstream\n`);
  });

  it('does not end it when its host has closed the pipes', async () => {
    const plugin = await start({ options: { exitWithHost: false } });
    plugin.child.stdout?.destroy();
    plugin.child.stderr?.destroy();
    await plugin.run(`${printFlood} console.log(flood); process.stderr.write(flood); log.info(flood);`);
    expect(await plugin.run('return 1')).toBe(1);
  });
});

interface Subscription {
  readonly text: (channel: 'stdout' | 'stderr') => string;
  readonly cancel: () => void;
  readonly isOver: () => boolean;
}

/** Opens the stream of a host that wants to hear what the plugin prints. */
function subscribe(client: Client): Subscription {
  const stream = openStream(client, stdioService.StreamStdio, {});
  const texts = { stdout: '', stderr: '' };
  let isOver = false;
  stream.on('data', ({ channel, data }: { channel: 'stdout' | 'stderr'; data: Buffer }) => {
    texts[channel] += data.toString();
  });
  stream.on('error', () => undefined).on('end', () => (isOver = true));
  afterTest(() => {
    stream.cancel();
  });
  return {
    text: (channel) => texts[channel],
    cancel: () => {
      stream.cancel();
    },
    isOver: () => isOver,
  };
}

const both = { options: { stream: ['stdout', 'stderr'] } };

/** Waits until the plugin knows that the host listens: the first words have come. */
async function listened(plugin: ServingPlugin): Promise<Subscription> {
  const heard = subscribe(plugin.client);
  await plugin.run("process.stdout.write('?')");
  await untilTrue(() => heard.text('stdout') === '?');
  return heard;
}

/** How often each byte comes. */
function tally(printed: string): number[] {
  const counts = Array<number>(256).fill(0);
  for (const byte of Buffer.from(printed)) counts[byte] = (counts[byte] ?? 0) + 1;
  return counts;
}

describe('what a plugin prints for GRPCStdio', () => {
  it('reaches the host on its channel', async () => {
    const plugin = await start(both);
    const heard = subscribe(plugin.client);
    await plugin.run("console.log('to stdout'); process.stderr.write(Buffer.from('to stderr'));");
    await untilTrue(() => heard.text('stdout') !== '' && heard.text('stderr') !== '');
    expect([heard.text('stdout'), heard.text('stderr')]).toEqual(['to stdout\n', 'to stderr']);
  });

  it('is by default stdout under a host that throws away the pipe, and nothing under Espalier', async () => {
    const [streaming, piping] = [await start({}, anyHost), await start({}, espalierHost)];
    for (const { run } of [streaming, piping]) await run("console.log('out'); console.error('err');");
    await untilTrue(() => piping.stdout().includes('out') && piping.stderr() === 'err\n');
    await untilTrue(() => streaming.stderr() === 'err\n');
    expect(streaming.stdout()).toBe(`${streaming.line}\n`);
    const heard = subscribe(streaming.client);
    await untilTrue(() => heard.text('stdout') === 'out\n');
  });

  it('goes to the pipe where the host does not listen and it is too much to keep', async () => {
    const plugin = await start(both);
    await plugin.run(`${printFlood} console.log(flood);`);
    expect(await plugin.run('return 1')).toBe(1);
    plugin.child.kill('SIGTERM');
    await plugin.ended;
    expect(plugin.stdout()).toBe(`${plugin.line}\n${flood}`);
  });

  it('goes to the newest listener, and ends the stream of the one before', async () => {
    const plugin = await start(both);
    const first = await listened(plugin);
    const second = subscribe(plugin.client);
    await untilTrue(first.isOver);
    await plugin.run("console.log('for the second');");
    await untilTrue(() => second.text('stdout') === 'for the second\n');
    expect(first.text('stdout')).toBe('?');
  });

  it('is kept for the next listener where the first has given up', async () => {
    const plugin = await start(both);
    const first = await listened(plugin);
    first.cancel();
    // What is on its way to a listener that goes is its own loss: from some number on, all come.
    await plugin.run('let n = 0; setInterval(() => console.log((n += 1)), 5);');
    const second = subscribe(plugin.client);
    await untilTrue(() => second.text('stdout').split('\n').length > 20);
    const heard = second.text('stdout').split('\n').slice(0, 20).map(Number);
    expect(heard).toEqual(heard.map((_, index) => (heard[0] ?? 0) + index));
  });

  it('has arrived whole before the stream ends in order', async () => {
    const plugin = await start(both);
    const heard = await listened(plugin);
    await plugin.run(`${printFlood} console.log(flood); process.kill(process.pid, 'SIGTERM');`);
    expect((await plugin.ended).code).toBe(0);
    await untilTrue(heard.isOver);
    // The oldest of what was too much to keep went to the pipe.
    const spilled = plugin.stdout().slice(plugin.line.length + 1);
    expect(heard.text('stdout').startsWith('?')).toBe(true);
    expect(tally(spilled + heard.text('stdout').slice(1))).toEqual(tally(flood));
  });

  it.each([
    ['process.exit', 'process.exit(3);'],
    ['an uncaught exception', "setImmediate(() => { throw new Error('torn'); });"],
  ])('goes to the pipe, as far as it is not sent, at the end by %s', async (_, end) => {
    const plugin = await start(both);
    const heard = await listened(plugin);
    const code = `for (let n = 0; n < 1000; n += 1) console.log('line ' + n); ${end}`;
    plugin.run(code).catch(() => undefined);
    await plugin.ended;
    const all = `${heard.text('stdout').slice(1)}${plugin.stdout()}`;
    const lines = new Set(all.split('\n'));
    expect([...Array(1000).keys()].filter((n) => !lines.has(`line ${n}`))).toEqual([]);
  });
});

describe('a record of the logger', () => {
  const logged = async (code: string): Promise<unknown[]> => {
    const plugin = await start();
    await plugin.run(code);
    plugin.child.kill('SIGKILL');
    await plugin.ended;
    return plugin.stderr().trimEnd().split('\n').map(parseJsonRecord);
  };

  it('has its level, message, module, time and fields', async () => {
    const [record, ...others] = await logged("log.named('cache').warn('full', { entries: 12, by: 'lru' });");
    expect(others).toEqual([]);
    expect(record).toEqual({
      level: 'warn',
      message: 'full',
      module: 'cache',
      timestamp: expect.stringMatching(/T\d\d:\d\d:\d\d\.\d{6}Z$/) as string,
      fields: { entries: 12, by: 'lru' },
    });
  });

  it('is written at every level', async () => {
    const records = await logged(
      "for (const level of ['trace', 'debug', 'info', 'warn', 'error']) log[level](level);",
    );
    const said = records.map((record) => (record as { level: string; message: string }).level);
    expect(said).toEqual(['trace', 'debug', 'info', 'warn', 'error']);
  });

  it.each([
    ['an error, with its stack', "new Error('torn')", /^Error: torn\n +at /],
    ['a BigInt', '12n', /^12$/],
    ['a circle', '(() => { const c = {}; c.c = c; return c; })()', /\[Circular/],
    ['what fails to be JSON', "({ toJSON() { throw new Error('no'); } })", /toJSON/],
  ])('carries %s', async (_, value, expected) => {
    const [record] = await logged(`log.info('odd', { value: ${value} });`);
    expect(record).toMatchObject({ message: 'odd', level: 'info' });
    expect((record as { fields: { value: string } }).fields.value).toMatch(expected);
  });
});
