import { messageOf } from '../model/index.js';
import type { PretendedEnvironment } from './pretended-environment.js';
import { brokenPromise } from './promises.js';
import { inject, randomStrikes, strikeInWords, type Strike, type StrikeName } from './strikes.js';

/** `Tried` is the pretended environment, and whatever else `create` puts beside it: your server, for example. */
export interface FaultTrial<Tried extends PretendedEnvironment = PretendedEnvironment> {
  /** Makes what is tried, anew for each run, with everything started that is to run. */
  readonly create: () => Promise<Tried>;
  /** Throws or rejects where what you promise does not hold. Asked before the first fault and after each. */
  readonly holds: (tried: Tried) => void | Promise<void>;
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
  readonly hits: Readonly<Record<StrikeName, number>>;
}

/**
 * Tries a promise of yours against series of faults by chance, and those of Espalier with it. What breaks one is
 * shortened to the faults that are needed for it.
 *
 * Rejects with an Error that names the seed and these faults; its `cause` is what `holds` has thrown.
 */
export async function tryFaults<Tried extends PretendedEnvironment>({
  runs = 50,
  length = 40,
  seed = 1,
  ...trial
}: FaultTrial<Tried>): Promise<FaultTally> {
  const hits = { ...noHits };
  const plugins = await pluginsOf(trial);
  for (let run = seed; run < seed + runs; run += 1) {
    const strikes = randomStrikes(run, plugins, length);
    const broken = await breaksUnder(trial, strikes, hits);
    if (broken === null) continue;
    const needed = await shorten(trial, strikes, broken);
    const deeds = needed.strikes.map(strikeInWords).join(', ') || 'no fault at all';
    throw new Error(`The promise is broken by ${deeds} (seed ${run}): ${messageOf(needed.broken.cause)}`, {
      cause: needed.broken.cause,
    });
  }
  return { runs, hits };
}

type Trial<Tried extends PretendedEnvironment> = Pick<FaultTrial<Tried>, 'create' | 'holds'>;

/** What broke, and after how many faults. */
interface Broken {
  readonly cause: unknown;
  readonly after: number;
}

const noHits: Readonly<Record<StrikeName, number>> = {
  crash: 0,
  kill: 0,
  runOutOfMemory: 0,
  hang: 0,
  refuse: 0,
  recover: 0,
  block: 0,
  sleep: 0,
  wait: 0,
};

async function pluginsOf<Tried extends PretendedEnvironment>({ create }: Trial<Tried>) {
  const tried = await create();
  const plugins = tried.env.available().map(({ id }) => id);
  await tried.shutdown();
  return plugins;
}

async function breaksUnder<Tried extends PretendedEnvironment>(
  { create, holds }: Trial<Tried>,
  strikes: readonly Strike[],
  hits: Record<StrikeName, number> = { ...noHits },
): Promise<Broken | null> {
  const pretended = await create();
  let after = 0;
  const check = async (): Promise<void> => {
    const broken = brokenPromise(pretended);
    if (broken !== null) throw new Error(broken);
    await holds(pretended);
  };
  try {
    await check();
    for (const strike of strikes) {
      after += 1;
      if (await inject(pretended, strike)) hits[strike.do] += 1;
      await check();
    }
    await pretended.shutdown();
    return null;
  } catch (cause) {
    await pretended.shutdown().catch(() => undefined);
    return { cause, after };
  }
}

/** Leaves out each fault that is not needed for it, from the last to the first. */
async function shorten<Tried extends PretendedEnvironment>(
  trial: Trial<Tried>,
  strikes: readonly Strike[],
  broken: Broken,
) {
  let needed = { strikes: strikes.slice(0, broken.after), broken };
  for (let index = needed.strikes.length - 1; index >= 0; index -= 1) {
    const fewer = needed.strikes.filter((_, at) => at !== index);
    const still = await breaksUnder(trial, fewer);
    if (still !== null) needed = { strikes: fewer.slice(0, still.after), broken: still };
    index = Math.min(index, needed.strikes.length);
  }
  return needed;
}
