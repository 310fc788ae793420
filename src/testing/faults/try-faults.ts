import { messageOf } from '../../model/index.js';
import type { SimulatedEnvironment } from '../environment-controls.js';
import { violatedInvariant } from './invariants.js';
import {
  faultNames,
  injectFault,
  randomFaults,
  faultText,
  type InjectedFault,
  type FaultName,
} from './inject-fault.js';

/** The input of `tryFaults`. `Tried`: the simulated environment, and what `create` adds to it, such as your server. */
export interface FaultTrial<Tried extends SimulatedEnvironment = SimulatedEnvironment> {
  /** Creates and starts the environment for one run. */
  readonly create: () => Promise<Tried>;
  /** Throws or rejects when your invariant is violated. Called before the first fault and after each. */
  readonly check: (tried: Tried) => void | Promise<void>;
  /** How many sequences of faults are tried. Default 50. */
  readonly runs?: number | undefined;
  /** How many faults and pauses a sequence has. Default 40. */
  readonly length?: number | undefined;
  /** The seed of the first sequence, a whole number; each next one is greater by 1. Default 1. */
  readonly seed?: number | undefined;
}

/** What was tried. Faults that never applied prove nothing. */
export interface FaultTally {
  readonly runs: number;
  /** How often each fault applied. */
  readonly hits: Readonly<Record<FaultName, number>>;
}

/**
 * Checks your invariant, and those of Espalier, against random sequences of faults. A sequence that violates one is
 * shrunk to the faults that are needed.
 *
 * Rejects with an Error that names the seed and these faults; its `cause` is what `check` has thrown.
 */
export async function tryFaults<Tried extends SimulatedEnvironment>({
  runs = 50,
  length = 40,
  seed = 1,
  ...trial
}: FaultTrial<Tried>): Promise<FaultTally> {
  const hits = noHits();
  const plugins = await pluginsOf(trial);
  for (let run = seed; run < seed + runs; run += 1) {
    const faults = randomFaults(run, plugins, length);
    const violation = await findViolation(trial, faults, hits);
    if (violation === null) continue;
    const needed = await shrink(trial, faults, violation);
    const faultTexts = needed.faults.map(faultText).join(', ') || 'no fault';
    throw new Error(
      `The invariant is violated by ${faultTexts} (seed ${run}): ${messageOf(needed.violation.cause)}`,
      {
        cause: needed.violation.cause,
      },
    );
  }
  return { runs, hits };
}

type Trial<Tried extends SimulatedEnvironment> = Pick<FaultTrial<Tried>, 'create' | 'check'>;

/** The error, and after how many faults it occurred. */
interface Violation {
  readonly cause: unknown;
  readonly after: number;
}

function noHits(): Record<FaultName, number> {
  return Object.fromEntries(faultNames.map((name) => [name, 0])) as Record<FaultName, number>;
}

async function pluginsOf<Tried extends SimulatedEnvironment>({ create }: Trial<Tried>) {
  const tried = await create();
  const plugins = tried.env.available().map(({ id }) => id);
  await tried.shutdown();
  return plugins;
}

async function findViolation<Tried extends SimulatedEnvironment>(
  { create, check }: Trial<Tried>,
  faults: readonly InjectedFault[],
  hits: Record<FaultName, number> = noHits(),
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

/** Removes each fault that is not needed for the violation, from the last to the first. */
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
