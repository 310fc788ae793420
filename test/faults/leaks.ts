import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Environment } from '../../src/index.js';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { print, wholeNumber } from './command.js';
import { resourceUsage, slope, type ResourceUsage } from './resource-usage.js';
import { builtPackage } from './package.js';
import { waitUntil } from './processes.js';

const help = `Kills real plugins repeatedly in one host, and compares the resources of the host before and after.

  npm run leaks -- [--cycles 10000]

  --cycles  how many processes are killed and restarted

Exits with 1 when a resource has grown. 10000 cycles take 35 minutes on two busy cores.
`;

/** One plugin for each kind of connection. */
const plugins: readonly FakeInterpreterName[] = ['healthy', 'healthy-with-mtls', 'multiplexes', 'has-hooks'];
const samples = 10;
/** Cycles until code is compiled, and caches and histories have reached their bounds. */
const warmUpCycles = 120;
const restartDeadlineMs = 60_000;
/**
 * The allowed growth of the heap per cycle, in bytes. A leaked generation has a machine, a channel and buffers of more
 * than 10 KiB; smaller growth is noise of the garbage collector.
 */
const heapBytesPerCycle = 1024;
/** The allowed growth of a short run, in bytes, whose noise exceeds the bound per cycle. */
const heapNoiseBytes = 1024 * 1024;

const idleMs = 500;
const idleDeadlineMs = 5000;

type Sample = ResourceUsage & { readonly subscriptions: number; readonly directories: number };

const counts = [
  'files',
  'sockets',
  'resources',
  'children',
  'zombies',
  'listeners',
  'subscriptions',
  'directories',
] as const satisfies readonly (keyof Sample)[];

/** Runs the leak check; resolves with the exit code. */
export async function main(root: string, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { cycles: { type: 'string', default: '10000' }, help: { type: 'boolean', default: false } },
  });
  if (values.help) {
    print(help);
    return 0;
  }
  const cycles = wholeNumber('cycles', values.cycles);
  const home = mkdtempSync(join(tmpdir(), 'leaks-'));
  for (const name of plugins) makeFakeBundle(name, { directory: home });
  const { createEnvironment } = await builtPackage(root);
  const env = await createEnvironment({
    pluginDir: home,
    unixSocket: { directory: home },
    multiplex: 'auto',
    policy: {
      restart: { backoff: { firstMs: 0, baseMs: 0, capMs: 0 }, intensity: null, periodMs: null },
      deadlines: { startMs: restartDeadlineMs },
    },
  });
  try {
    await env.activateAll();
    return report(await measure(env, home, cycles), cycles);
  } finally {
    await env.shutdown();
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(env: Environment, home: string, cycles: number): Promise<Sample[]> {
  await killAndRestart(env, warmUpCycles);
  const taken = [await waitUntilIdle(env, home, null)];
  const startedAt = performance.now();
  let done = 0;
  while (done < cycles) {
    const next = Math.min(cycles, Math.round((cycles * taken.length) / samples));
    await killAndRestart(env, next - done);
    done = next;
    taken.push(await waitUntilIdle(env, home, taken[0] ?? null));
    const seconds = (performance.now() - startedAt) / 1000;
    print(`${done} of ${cycles} cycles, ${(done / seconds).toFixed(1)} a second\n`);
  }
  return taken;
}

/** Kills all plugins concurrently, each equally often, and waits until all are healthy again. */
async function killAndRestart(env: Environment, cycles: number): Promise<void> {
  const ids = env.available().map(({ id }) => id);
  const shares = ids.map((id, index) => ({ id, times: Math.floor((cycles + index) / ids.length) }));
  await Promise.all(
    shares.map(async ({ id, times }) => {
      for (let time = 0; time < times; time += 1) await killAndAwaitRestart(env, id);
    }),
  );
}

async function killAndAwaitRestart(env: Environment, id: string): Promise<void> {
  const { pid, generation } = env.status(id);
  const isHealthyAgain = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error(`${id} is not healthy again after ${restartDeadlineMs} ms: ${env.status(id).state}.`));
    }, restartDeadlineMs);
    const subscription = env.events.subscribe((event) => {
      if (event.type !== 'plugin.status' || event.plugin !== id) return;
      if (event.status.generation === generation || event.status.state !== 'healthy') return;
      clearTimeout(timer);
      subscription.unsubscribe();
      resolve();
    });
  });
  process.kill(pid ?? 0, 'SIGKILL');
  await isHealthyAgain;
}

/** Pipes are closed and orphans reaped shortly after an exit; only what stays longer is a leak. */
async function waitUntilIdle(env: Environment, home: string, before: Sample | null): Promise<Sample> {
  await waitUntil(() => false, idleMs);
  let sample = sampleOf(env, home);
  const isAsBefore = (): boolean => {
    sample = sampleOf(env, home);
    return before === null || counts.every((name) => sample[name] <= before[name]);
  };
  await waitUntil(isAsBefore, idleDeadlineMs);
  return sample;
}

function sampleOf(env: Environment, home: string): Sample {
  const sockets = readdirSync(home, { recursive: true, encoding: 'utf8' });
  return {
    ...resourceUsage(),
    subscriptions: observersOf(env).length,
    directories: sockets.filter((path) => path.startsWith('espalier-')).length,
  };
}

/** The subscribers of the environment's events: RxJS keeps them in the subject behind an observable. */
function observersOf({ events }: Environment): readonly unknown[] {
  const { source } = events as unknown as { readonly source: { readonly observers: readonly unknown[] } };
  return source.observers;
}

function report(taken: readonly Sample[], cycles: number): number {
  const [before] = taken;
  const after = taken.at(-1);
  const middle = taken[Math.floor(taken.length / 2)];
  if (before === undefined || after === undefined || middle === undefined) return 1;
  const growth = slope(taken.slice(1).map(({ heap }) => heap)) * (taken.length - 1);
  const mayGrow = Math.max(cycles * heapBytesPerCycle, heapNoiseBytes);
  const names = [...counts, 'heap'] as const;
  const grown = names.filter((name) => (name === 'heap' ? growth > mayGrow : after[name] > before[name]));
  print(
    `\n${'resource'.padEnd(16)}${['before', 'midway', 'after'].map((title) => title.padStart(14)).join('')}\n`,
  );
  for (const name of names) {
    const numbers = [before, middle, after].map((sample) => sample[name].toLocaleString('en').padStart(14));
    print(`${name.padEnd(16)}${numbers.join('')}${grown.includes(name) ? '  LEAKS' : ''}\n`);
  }
  print(
    `\nheap: ${(growth / cycles).toFixed(0)} bytes a cycle by least squares, ${(mayGrow / cycles).toFixed(0)} allowed\n`,
  );
  print(grown.length === 0 ? `${cycles} cycles leaked nothing\n` : `these leak: ${grown.join(', ')}\n`);
  return grown.length === 0 ? 0 : 1;
}
