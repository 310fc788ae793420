import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Ten simulated days in a process in which processes, sockets, files and timers throw. */
const program = `
import { createRequire, syncBuiltinESMExports } from 'node:module';
const require = createRequire(import.meta.url);
const touched = [];
const forbid = (name, ...keys) => {
  const target = name === 'globalThis' ? globalThis : require(name);
  for (const key of keys)
    target[key] = () => {
      touched.push(name + '.' + key);
      throw new Error(name + '.' + key + ' was called');
    };
};
const { createSimulatedEnvironment, crashesAfter, hangsAfter, inSequence } = await import('espalier/testing');
forbid('node:child_process', 'spawn', 'exec', 'execFile', 'fork', 'spawnSync', 'execFileSync');
forbid('node:net', 'connect', 'createConnection', 'createServer');
forbid('node:http2', 'connect', 'createServer');
forbid('node:fs', 'mkdtempSync', 'mkdirSync', 'writeFileSync', 'readFileSync', 'readdirSync', 'openSync');
forbid('node:timers', 'setTimeout', 'setInterval');
forbid('globalThis', 'setTimeout', 'setInterval');
syncBuiltinESMExports();

const startedAt = process.cpuUsage();
const { env, advance, clock, shutdown, processes } = await createSimulatedEnvironment({
  policy: { health: { intervalMs: 21_600_000 }, restart: { halfOpenAfterMs: 86_400_000 } },
  plugins: { store: {}, mail: { requires: ['store'] }, search: crashesAfter(1000), news: hangsAfter(100_000_000) },
});
await env.activateAll();
await advance(10 * 86_400_000);
const states = Object.fromEntries(env.statuses().map(({ id, state, generation }) => [id, [state, generation]]));
const passed = clock.now();
await shutdown();
const { user, system } = process.cpuUsage(startedAt);
const tookMs = (user + system) / 1000;
console.log(JSON.stringify({
  states, passed, tookMs, touched, left: processes(), next: clock.nextAt(),
  handles: process.getActiveResourcesInfo().filter((kind) => !/TTY|Pipe|Immediate/.test(kind)),
}));
`;

describe('the test kit', () => {
  it('runs ten simulated days in less than a second, and touches no process, socket, file or timer', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '--eval',
      program,
    ]);
    const { tookMs, ...result } = JSON.parse(stdout) as { tookMs: number };
    expect(result).toMatchObject({
      passed: 864_000_000,
      touched: [],
      left: [],
      next: null,
      handles: [],
      states: { store: ['healthy', 1], mail: ['healthy', 1], search: ['failed', expect.any(Number)] },
    });
    // Of the processor: others may use it, too.
    expect(tookMs).toBeLessThan(1000);
  });
});
