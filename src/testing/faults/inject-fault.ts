import { seededRandom } from '../../policy/index.js';
import type { ProcessEnd } from '../plugins/process-behaviour.js';
import type { SimulatedEnvironment } from '../simulated-environment.js';

/**
 * What can happen to a pretended environment from outside. `crash`, `kill`, `runOutOfMemory`, `hang`, `refuse` and
 * `recover` befall a plugin's process; `block` the host, `sleep` the machine; `wait` is time in which nothing happens.
 */
export const faultNames = [
  'crash',
  'kill',
  'runOutOfMemory',
  'hang',
  'stopServing',
  'recover',
  'block',
  'sleep',
  'wait',
] as const;

export type FaultName = (typeof faultNames)[number];

/** One fault, as data: fast-check makes it of `strikeNames`, ids and numbers. */
export interface InjectedFault {
  readonly do: FaultName;
  /** Whom it hits; `block`, `sleep` and `wait` hit nobody in particular. */
  readonly plugin: string;
  /** How long it lasts, in milliseconds, for those three. */
  readonly ms: number;
}

const processEnds: Readonly<Partial<Record<FaultName, ProcessEnd>>> = {
  crash: { code: 1 },
  kill: { signal: 'SIGKILL' },
  runOutOfMemory: { signal: 'SIGKILL', outOfMemory: true },
};

const withoutTarget: readonly FaultName[] = ['wait', 'block', 'sleep'];

/** Has a fault happen; answers whether it hit anything, as a plugin without a process cannot crash. */
export async function injectFault(environment: SimulatedEnvironment, fault: InjectedFault): Promise<boolean> {
  const { plugin, ms } = fault;
  const end = processEnds[fault.do];
  if (fault.do === 'wait') await environment.advance(ms);
  if (fault.do === 'block') await environment.block(ms);
  if (fault.do === 'sleep') environment.sleep(ms);
  if (withoutTarget.includes(fault.do)) return true;
  if (!environment.processes().includes(plugin)) return false;
  if (end !== undefined) environment.crash(plugin, end);
  if (fault.do === 'hang') environment.hang(plugin);
  if (fault.do === 'stopServing') environment.stopServing(plugin);
  if (fault.do === 'recover') environment.recover(plugin);
  // What waits for it has its turn; no timer comes yet.
  await environment.runUntilSettled(Promise.resolve());
  return true;
}

/** Pauses as they matter to a supervisor: within a probe, a backoff, a window, a half-open interval. */
const pausesMs = [10, 1000, 5000, 20_000, 60_000, 300_000, 600_000];

/** So many faults by chance, with pauses between them; the same for the same seed, a whole number. */
export function randomFaults(
  seed: number,
  plugins: readonly string[],
  count: number,
): readonly InjectedFault[] {
  const random = seededRandom(seed);
  const oneOf = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('Faults need at least one plugin to befall.');
    return item;
  };
  return Array.from({ length: count }, () => {
    // Half of the time passes, else everything would happen at one moment.
    const name = random() < 0.5 ? 'wait' : oneOf(faultNames);
    return { do: name, plugin: oneOf(plugins), ms: oneOf(pausesMs) };
  });
}

export function faultText({ do: name, plugin, ms }: InjectedFault): string {
  return withoutTarget.includes(name) ? `${name} ${ms} ms` : `${name} ${plugin}`;
}
