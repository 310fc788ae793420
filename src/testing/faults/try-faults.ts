import { messageOf } from '../../model/index.js';
import type { SimulatedEnvironment } from '../simulated-environment.js';
import { violatedInvariant } from './invariants.js';
import { injectFault, randomFaults, faultText, type InjectedFault, type FaultName } from './inject-fault.js';

/** `Tried` is the pretended environment, and whatever else `create` puts beside it: your server, for example. */
export interface FaultTrial<Tried extends SimulatedEnvironment = SimulatedEnvironment> {
  /** Makes what is tried, anew for each run, with everything started that is to run. */
  readonly create: () => Promise<Tried>;
  /** Throws or rejects where what you promise does not hold. Asked before the first fault and after each. */
  readonly check: (tried: Tried) => void | Promise<void>;
  /** How many series of faults are tried. Default 50. */
  readonly runs?: number | undefined;
  /** How many faults and pauses each has. Default 40. */
  readonly length?: number | undefined;
  /** Of the first series; each later one has the next number. Default 1. */
  readonly seed?: number | undefined;
}

/** What was tried: a trial that hits nothing proves nothing. */
export interface FaultTally {
  readonly runs: number;
  /** How often each fault hit something. */
  readonly hits: Readonly<Record<FaultName, number>>;
}

/**
 * Tries a promise of yours against series of faults by chance, and those of Espalier with it. What breaks one is
 * shortened to the faults that are needed for it.
 *
 * Rejects with an Error that names the seed and these faults; its `cause` is what `check` has thrown.
 */
export async function tryFaults<Tried extends SimulatedEnvironment>({
  runs = 50,
  length = 40,
  seed = 1,
  ...trial
}: FaultTrial<Tried>): Promise<FaultTally> {
  const hits = { ...noHits };
  const plugins = await pluginsOf(trial);
  for (let run = seed; run < seed + runs; run += 1) {
    const faults = randomFaults(run, plugins, length);
    const violation = await findViolation(trial, faults, hits);
    if (violation === null) continue;
    const needed = await shrink(trial, faults, violation);
    const faultTexts = needed.faults.map(faultText).join(', ') || 'no fault at all';
    throw new Error(
      `The promise is broken by ${faultTexts} (seed ${run}): ${messageOf(needed.violation.cause)}`,
      {
        cause: needed.violation.cause,
      },
    );
  }
  return { runs, hits };
}

type Trial<Tried extends SimulatedEnvironment> = Pick<FaultTrial<Tried>, 'create' | 'check'>;

/** What broke, and after how many faults. */
interface Violation {
  readonly cause: unknown;
  readonly after: number;
}

const noHits: Readonly<Record<FaultName, number>> = {
  crash: 0,
  kill: 0,
  runOutOfMemory: 0,
  hang: 0,
  stopServing: 0,
  recover: 0,
  block: 0,
  sleep: 0,
  wait: 0,
};

async function pluginsOf<Tried extends SimulatedEnvironment>({ create }: Trial<Tried>) {
  const tried = await create();
  const plugins = tried.env.available().map(({ id }) => id);
  await tried.shutdown();
  return plugins;
}

async function findViolation<Tried extends SimulatedEnvironment>(
  { create, check }: Trial<Tried>,
  faults: readonly InjectedFault[],
  hits: Record<FaultName, number> = { ...noHits },
): Promise<Violation | null> {
  const environment = await create();
  let after = 0;
  const checkAll = async (): Promise<void> => {
    const violated = violatedInvariant(environment);
    if (violated !== null) throw new Error(violated);
    await check(environment);
  };
  try {
    await checkAll();
    for (const fault of faults) {
      after += 1;
      if (await injectFault(environment, fault)) hits[fault.do] += 1;
      await checkAll();
    }
    await environment.shutdown();
    return null;
  } catch (cause) {
    await environment.shutdown().catch(() => undefined);
    return { cause, after };
  }
}

/** Leaves out each fault that is not needed for it, from the last to the first. */
async function shrink<Tried extends SimulatedEnvironment>(
  trial: Trial<Tried>,
  faults: readonly InjectedFault[],
  violation: Violation,
) {
  let needed = { faults: faults.slice(0, violation.after), violation };
  for (let index = needed.faults.length - 1; index >= 0; index -= 1) {
    const fewer = needed.faults.filter((_, at) => at !== index);
    const still = await findViolation(trial, fewer);
    if (still !== null) needed = { faults: fewer.slice(0, still.after), violation: still };
    index = Math.min(index, needed.faults.length);
  }
  return needed;
}
