import { espalierHost, start, type Program } from './plugin-process.js';

/** Says what `serve` answered in the child, and what of the host it finds in its environment. */
const tellsAll = `
  const protocol = Object.keys(process.env).filter((name) => /^PLUGIN_|^ESPALIER_PLUGIN$/.test(name));
  console.log(JSON.stringify({ end, protocol }));`;

const nothingToServe = JSON.stringify({ end: 'child', protocol: [] });

/** Ways in which a plugin starts its own program again, with its own outputs. */
const ways: [string, string][] = [
  [
    'a child of fork',
    `const { fork } = require('node:child_process');
     return new Promise((resolve) => fork(file, argv).once('exit', (code) => resolve(code)));`,
  ],
  [
    'a child of spawn',
    `const { spawn } = require('node:child_process');
     const child = spawn(process.execPath, [file, ...argv], { stdio: 'inherit' });
     return new Promise((resolve) => child.once('exit', (code) => resolve(code)));`,
  ],
  [
    'a worker of cluster',
    `const cluster = require('node:cluster');
     cluster.setupPrimary({ exec: file, args: argv });
     const worker = cluster.fork();
     return new Promise((resolve) => worker.once('exit', (code) => resolve(code)));`,
  ],
  [
    'a worker thread',
    `const { Worker } = require('node:worker_threads');
     const worker = new Worker(file, { argv });
     return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));`,
  ],
];

async function printedBy(way: string, program: Program) {
  const plugin = await start(program);
  const answer = await plugin.run(way);
  plugin.child.kill('SIGKILL');
  await plugin.ended;
  return { plugin, answer, printed: plugin.stdout().slice(plugin.line.length + 1) };
}

describe.each(ways)('%s that runs the program of the plugin', (_, way) => {
  const leave = "process.on('message', () => undefined); process.exit(0);";

  it('prints no second line, serves nothing, and goes on with the program', async () => {
    const { plugin, printed, answer } = await printedBy(way, { child: `${tellsAll} ${leave}` });
    expect(printed).toBe(`${nothingToServe}\n`);
    expect(answer).toBe(0);
    expect(plugin.stderr()).toBe('');
  });

  it('loses nothing that it prints, even if it ends in the middle of a write', async () => {
    const child =
      "console.log('x'.repeat(1_000_000)); console.error('y'.repeat(1_000_000)); process.exit(3);";
    const { plugin, printed, answer } = await printedBy(way, { child });
    expect(answer).toBe(3);
    expect(printed).toBe(`${'x'.repeat(1_000_000)}\n`);
    expect(plugin.stderr()).toBe(`${'y'.repeat(1_000_000)}\n`);
  });

  it('logs to the host in whole records', async () => {
    const child = `for (let n = 0; n < 100; n += 1) log.info('from a child', { n }); ${leave}`;
    const { plugin } = await printedBy(way, { child });
    const records = plugin.stderr().trimEnd().split('\n');
    expect(records.map((record) => (JSON.parse(record) as { n: number }).n)).toEqual([...Array(100).keys()]);
  });
});

describe.each(ways.filter(([name]) => name !== 'a child of spawn'))(
  '%s that comes before serve',
  (_, way) => {
    it('does not take the place of the plugin', async () => {
      const before = `
      if (process.env.FIRST === undefined || !require('node:worker_threads').isMainThread) return;
      delete process.env.FIRST;
      await (async () => { ${way} })();`;
      const plugin = await start({ before, child: 'process.exit(0);' }, { ...espalierHost, FIRST: '1' });
      expect(plugin.stdout()).toBe(`${plugin.line}\n`);
      expect(await plugin.run('return process.pid')).toBe(plugin.child.pid);
    });
  },
);

describe('another program that a plugin starts', () => {
  it('hears SIGINT, which only the plugin passes over', async () => {
    const plugin = await start();
    const signal = await plugin.run(`
      const { spawn } = require('node:child_process');
      const child = spawn('sleep', ['60'], { stdio: 'inherit' });
      child.once('spawn', () => child.kill('SIGINT'));
      return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal)));`);
    expect(signal).toBe('SIGINT');
  });

  it('serves if it is a plugin whose host the plugin is', async () => {
    const plugin = await start();
    const line = await plugin.run(`
      const { spawn } = require('node:child_process');
      const child = spawn(process.execPath, [file], {
        env: { ...process.env, ESPALIER_PLUGIN: 'espalier', PLUGIN_PROTOCOL_VERSIONS: '1' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return new Promise((resolve) => child.stdout.once('data', (bytes) => {
        resolve(bytes.toString());
        child.kill('SIGTERM');
      }));`);
    expect(line).toMatch(/^1\|1\|unix\|.*\|grpc\|\n$/);
  });
});
