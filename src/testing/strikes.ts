import { seededRandom } from '../policy/index.js';
import type { ProcessEnd } from './conduct.js';
import type { PretendedEnvironment } from './pretended-environment.js';

/**
 * What can happen to a pretended environment from outside. `crash`, `kill`, `runOutOfMemory`, `hang`, `refuse` and
 * `recover` befall a plugin's process; `block` the host, `sleep` the machine; `wait` is time in which nothing happens.
 */
export const strikeNames = [
  'crash',
  'kill',
  'runOutOfMemory',
  'hang',
  'refuse',
  'recover',
  'block',
  'sleep',
  'wait',
] as const;

export type StrikeName = (typeof strikeNames)[number];

/** One fault, as data: fast-check makes it of `strikeNames`, ids and numbers. */
export interface Strike {
  readonly do: StrikeName;
  /** Whom it hits; `block`, `sleep` and `wait` hit nobody in particular. */
  readonly plugin: string;
  /** How long it lasts, in milliseconds, for those three. */
  readonly ms: number;
}

const ends: Readonly<Partial<Record<StrikeName, ProcessEnd>>> = {
  crash: { code: 1 },
  kill: { signal: 'SIGKILL' },
  runOutOfMemory: { signal: 'SIGKILL', outOfMemory: true },
};

const hitsNobody: readonly StrikeName[] = ['wait', 'block', 'sleep'];

/** Has a fault happen; answers whether it hit anything, as a plugin without a process cannot crash. */
export async function inject(pretended: PretendedEnvironment, strike: Strike): Promise<boolean> {
  const { plugin, ms } = strike;
  const end = ends[strike.do];
  if (strike.do === 'wait') await pretended.advance(ms);
  if (strike.do === 'block') await pretended.block(ms);
  if (strike.do === 'sleep') pretended.sleep(ms);
  if (hitsNobody.includes(strike.do)) return true;
  if (!pretended.processes().includes(plugin)) return false;
  if (end !== undefined) pretended.crash(plugin, end);
  if (strike.do === 'hang') pretended.hang(plugin);
  if (strike.do === 'refuse') pretended.refuse(plugin);
  if (strike.do === 'recover') pretended.recover(plugin);
  // What waits for it has its turn; no timer comes yet.
  await pretended.settle(Promise.resolve());
  return true;
}

/** Pauses as they matter to a supervisor: within a probe, a backoff, a window, a half-open interval. */
const pausesMs = [10, 1000, 5000, 20_000, 60_000, 300_000, 600_000];

/** So many faults by chance, with pauses between them; the same for the same seed, a whole number. */
export function randomStrikes(seed: number, plugins: readonly string[], count: number): readonly Strike[] {
  const random = seededRandom(seed);
  const oneOf = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('Faults need at least one plugin to befall.');
    return item;
  };
  return Array.from({ length: count }, () => {
    // Half of the time passes, else everything would happen at one moment.
    const name = random() < 0.5 ? 'wait' : oneOf(strikeNames);
    return { do: name, plugin: oneOf(plugins), ms: oneOf(pausesMs) };
  });
}

export function strikeInWords({ do: name, plugin, ms }: Strike): string {
  return hitsNobody.includes(name) ? `${name} ${ms} ms` : `${name} ${plugin}`;
}
