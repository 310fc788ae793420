import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Environment } from '../../src/index.js';
import { print, wholeNumber } from './command.js';
import { builtPackage } from './package.js';
import { pidsWithMarker, waitUntil, guardianOf, killPids } from './processes.js';
import { seededRandom } from '../../src/policy/index.js';
import { soakFaults, type SoakFaultName } from './soak-faults.js';
import { makePlugins } from './soak-plugins.js';
import { createSoakMonitor, type SoakMonitor } from './soak-monitor.js';

const help = `Runs plugins under random faults, one per second, and checks invariants of the tree.

  npm run soak -- [--minutes 10] [--plugins 50] [--seed 1] [--json]

  --minutes  how long (may be a fraction)
  --plugins  how many plugins, of several kinds and in groups of each strategy
  --seed     the seed of the faults
  --json     prints only the summary, as JSON

Ctrl-C ends it with a summary. Exits with 1 when an invariant was violated.
`;

const faultEveryMs = 1000;
const clearDeadlineMs = 10_000;
const restartIntensity = { intensity: 20, periodMs: 60_000 };
const policy = {
  restart: { backoff: { firstMs: 0, baseMs: 100, capMs: 2000 }, ...restartIntensity },
  // Fifty plugins that restart keep the machine busy.
  health: { intervalMs: 2000, retryIntervalMs: 500, deadlineMs: 2000, misses: 2, freshDialEvery: 2 },
  deadlines: { startMs: 60_000, drainMs: 100, hookMs: 1000, shutdownMs: 1000, termMs: 1000 },
};

/** Runs the soak; resolves with the exit code. */
export async function main(root: string, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '10' },
      plugins: { type: 'string', default: '50' },
      seed: { type: 'string', default: '1' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(help);
    return 0;
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0))
    throw new Error(`--minutes must be a number above 0, not ${values.minutes}. See --help.`);
  const plugins = wholeNumber('plugins', values.plugins);
  const seed = wholeNumber('seed', values.seed);
  const summary = await soak(root, { minutes, plugins, seed, quiet: values.json });
  print(values.json ? `${JSON.stringify(summary, null, 2)}\n` : textOf(summary));
  return summary.violations.length === 0 ? 0 : 1;
}

interface SoakOptions {
  readonly minutes: number;
  readonly plugins: number;
  readonly seed: number;
  readonly quiet: boolean;
}

async function soak(root: string, options: SoakOptions) {
  const home = mkdtempSync(join(tmpdir(), 'soak-'));
  const marker = `${home.slice(home.lastIndexOf('/') + 1)}.`;
  for (const folder of ['plugins', 'run']) mkdirSync(join(home, folder), { mode: 0o700 });
  const groups = makePlugins(options.plugins, join(home, 'plugins'));
  const { createEnvironment } = await builtPackage(root);
  const env = await createEnvironment({
    pluginDir: join(home, 'plugins'),
    unixSocket: { directory: join(home, 'run') },
    env: { ESPALIER_SOAK: marker },
    multiplex: 'auto',
    groups,
    policy,
  });
  const monitor = createSoakMonitor(env, restartIntensity);
  const left: string[] = [];
  const faults: Partial<Record<SoakFaultName, number>> = {};
  const startedAt = performance.now();
  try {
    await env.activateAll();
    await injectFaults(env, monitor, options, faults);
  } finally {
    monitor.close();
    await env.shutdown();
    left.push(...(await leftovers(marker, join(home, 'run'))));
    rmSync(home, { recursive: true, force: true });
  }
  return summaryOf(monitor, { ...options, faults, left, seconds: (performance.now() - startedAt) / 1000 });
}

/** Injects a random fault into a random plugin each second, until the time is over or SIGINT arrives. */
async function injectFaults(
  env: Environment,
  monitor: SoakMonitor,
  { minutes, seed, quiet }: SoakOptions,
  faults: Partial<Record<SoakFaultName, number>>,
): Promise<void> {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)];
  const names = Object.keys(soakFaults) as SoakFaultName[];
  const ids = env.available().map(({ id }) => id);
  const end = performance.now() + minutes * 60_000;
  const stopped = new AbortController();
  const stop = (): void => {
    stopped.abort();
  };
  process.once('SIGINT', stop);
  for (let round = 1; !stopped.signal.aborted && performance.now() < end; round += 1) {
    const name = pick(names) ?? 'kill';
    const id = pick(ids) ?? '';
    if (injectSoakFault(env, monitor, name, id, random)) faults[name] = (faults[name] ?? 0) + 1;
    await waitUntil(() => stopped.signal.aborted, faultEveryMs);
    monitor.poll();
    if (!quiet && round % 30 === 0)
      print(
        `${round} s: ${env.active().length} healthy, ${monitor.restarts()} restarts, ${monitor.violations.length} violations\n`,
      );
  }
  process.off('SIGINT', stop);
}

/** Returns whether the fault applied. A rejection of its call is a valid outcome. */
function injectSoakFault(
  env: Environment,
  monitor: SoakMonitor,
  name: SoakFaultName,
  id: string,
  random: () => number,
): boolean {
  const { breaks, needsProcess, act } = soakFaults[name];
  const status = env.statuses().find((status) => status.id === id);
  if (status === undefined || (needsProcess && status.state !== 'healthy')) return false;
  // A plugin on TCP has no socket file, and a multiplexed one gets no new connections.
  if (name === 'unlink' && (status.multiplexed === true || status.address?.startsWith('unix:') !== true))
    return false;
  if (breaks) monitor.expectFailure(id);
  const run = async (): Promise<void> => {
    await act({ env, status, random });
  };
  run().catch(() => undefined);
  return true;
}

async function leftovers(marker: string, directory: string): Promise<string[]> {
  const isClear = await waitUntil(
    () => pidsWithMarker(marker).length === 0 && guardianOf(process.pid) === null,
    clearDeadlineMs,
  );
  const survivors = pidsWithMarker(marker);
  killPids(survivors);
  const files = readdirSync(directory);
  return [
    ...survivors.map((pid) => `process ${pid}`),
    ...files.map((file) => `file ${file}`),
    ...(isClear || survivors.length > 0 ? [] : ['the guardian']),
  ];
}

interface Result extends SoakOptions {
  readonly faults: Partial<Record<SoakFaultName, number>>;
  readonly left: readonly string[];
  readonly seconds: number;
}

function summaryOf(monitor: SoakMonitor, { faults, left, seconds, plugins, seed }: Result) {
  const times = [...monitor.detectionsMs].sort((a, b) => a - b);
  const at = (part: number): number | null =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? null;
  return {
    plugins,
    seed,
    seconds,
    faults,
    restarts: monitor.restarts(),
    longestOutageMs: monitor.longestOutageMs(),
    detectionMs: { p50: at(0.5), p99: at(0.99) },
    left,
    violations: [...monitor.violations, ...left.map((what) => `${what} is left`)],
  };
}

function textOf(summary: ReturnType<typeof summaryOf>): string {
  const { faults, violations, detectionMs } = summary;
  const counted = Object.entries(faults).sort(([, a], [, b]) => b - a);
  const ms = (time: number | null): string => (time === null ? '-' : `${time.toFixed(0)} ms`);
  return [
    '',
    `${summary.plugins} plugins for ${summary.seconds.toFixed(0)} s, seed ${summary.seed}`,
    `faults: ${counted.map(([name, count]) => `${name} ${count}`).join(', ')}`,
    `restarts: ${summary.restarts}; longest outage ${ms(summary.longestOutageMs)}`,
    `found within: p50 ${ms(detectionMs.p50)}, p99 ${ms(detectionMs.p99)}`,
    `left: ${summary.left.length === 0 ? 'nothing' : summary.left.join(', ')}`,
    ...violations.map((violation) => `VIOLATED: ${violation}`),
    violations.length === 0 ? 'all invariants held' : `${violations.length} invariants were violated`,
    '',
  ].join('\n');
}
