import { seededRandom } from '../../policy/index.js';
import type { ProcessEnd } from '../plugins/process-behaviour.js';
import type { SimulatedEnvironment } from '../environment-controls.js';

type FaultAction<Result = void> = (environment: SimulatedEnvironment, fault: InjectedFault) => Result;

const crash =
  (end: ProcessEnd): FaultAction =>
  ({ crash }, { plugin }) => {
    crash(plugin, end);
  };

/** The faults of a plugin's process. */
const processFaults = {
  crash: crash({ code: 1 }),
  kill: crash({ signal: 'SIGKILL' }),
  runOutOfMemory: crash({ signal: 'SIGKILL', outOfMemory: true }),
  hang: ({ hang }, { plugin }) => {
    hang(plugin);
  },
  stopServing: ({ stopServing }, { plugin }) => {
    stopServing(plugin);
  },
  recover: ({ recover }, { plugin }) => {
    recover(plugin);
  },
} satisfies Readonly<Record<string, FaultAction>>;

/** The faults of the host and the computer; `wait` is time without a fault. */
const hostFaults = {
  block: ({ block }, { ms }) => block(ms),
  sleep: ({ sleep }, { ms }) => {
    sleep(ms);
  },
  wait: ({ advance }, { ms }) => advance(ms),
} satisfies Readonly<Record<string, FaultAction<void | Promise<void>>>>;

/**
 * The name of a fault. `crash`, `kill`, `runOutOfMemory`, `hang`, `stopServing` and `recover` happen to the process of a
 * plugin, `block` to the host, `sleep` to the computer; `wait` is time without a fault.
 */
export type FaultName = keyof typeof processFaults | keyof typeof hostFaults;

/** All names of faults. */
export const faultNames = Object.keys({ ...processFaults, ...hostFaults }) as readonly FaultName[];

/** One fault as data, for example made by fast-check of `faultNames`, plugin ids and numbers. */
export interface InjectedFault {
  readonly do: FaultName;
  /** The plugin whose process it happens to; ignored for `block`, `sleep` and `wait`. */
  readonly plugin: string;
  /** The duration of `block`, `sleep` and `wait`, in milliseconds. */
  readonly ms: number;
}

/** Injects a fault; resolves with whether it applied: a plugin without a process cannot crash. */
export async function injectFault(environment: SimulatedEnvironment, fault: InjectedFault): Promise<boolean> {
  if (isHostFault(fault.do)) {
    await hostFaults[fault.do](environment, fault);
    return true;
  }
  if (!environment.processes().includes(fault.plugin)) return false;
  processFaults[fault.do](environment, fault);
  // Pending promises run, but no timer.
  await environment.runUntilSettled(Promise.resolve());
  return true;
}

function isHostFault(name: FaultName): name is keyof typeof hostFaults {
  return name in hostFaults;
}

/** Durations around a probe, a backoff, an intensity period and a half-open interval. */
const durationsMs = [10, 1000, 5000, 20_000, 60_000, 300_000, 600_000];

/** So many random faults with pauses between them; the same for the same seed, a whole number. */
export function randomFaults(
  seed: number,
  plugins: readonly string[],
  count: number,
): readonly InjectedFault[] {
  const random = seededRandom(seed);
  const oneOf = <Item>(items: readonly Item[]): Item => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new Error('randomFaults needs at least one plugin.');
    return item;
  };
  return Array.from({ length: count }, () => {
    // Half of them are pauses, else all faults would happen within a short time.
    const name = random() < 0.5 ? 'wait' : oneOf(faultNames);
    return { do: name, plugin: oneOf(plugins), ms: oneOf(durationsMs) };
  });
}

/** A fault as text, for error messages. */
export function faultText({ do: name, plugin, ms }: InjectedFault): string {
  return isHostFault(name) ? `${name} ${ms} ms` : `${name} ${plugin}`;
}
