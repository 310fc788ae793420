import { PluginError, type Fault, type FaultTrace, type SupervisionPolicy } from '../../model/index.js';
import { emptyHistory, decideExit } from '../restart/decide-exit.js';
import { lifeUnder, noFault, type ProcessLife } from './process-life.js';
import type { RestartDecision } from '../restart/decide-restart.js';
import { outagesOf, stepsOf, type Simulation, type SimulatedGeneration } from './timeline.js';

const hour = 60 * 60_000;

/** Options of a simulation. */
export interface SimulateOptions {
  /** The simulated time, in milliseconds. Default: an hour. */
  readonly forMs?: number | undefined;
  /** From the start of a process to healthy, in milliseconds, unless a fault sets it. Default 0. */
  readonly startMs?: number | undefined;
  /** The seed of the jitter, a whole number. Default 1. */
  readonly seed?: number | undefined;
  /** Instead of a seed: a number in [0, 1), called once for each exit. */
  readonly random?: (() => number) | undefined;
  /** The largest number of processes. Default 10,000. */
  readonly generations?: number | undefined;
}

/**
 * Simulates a policy with a series of faults, without plugin, clock or process, by the same decisions as a real
 * supervisor. The plugin is activated at 0. The same arguments give the same result.
 *
 * @throws PluginError CONFIG_INVALID when an option is no number or a negative one.
 */
export function simulate(
  policy: SupervisionPolicy,
  trace: FaultTrace,
  options: SimulateOptions = {},
): Simulation {
  const { forMs = hour, startMs = 0, generations = 10_000, seed = 1 } = options;
  assertAmounts({ forMs, startMs, generations, seed });
  const random = options.random ?? seededRandom(seed);
  const simulated: SimulatedGeneration[] = [];
  let until = forMs;
  for (const generation of generationsOf(policy, trace, startMs, random)) {
    if (generation.life.startedAt >= forMs) break;
    if (simulated.length >= generations) {
      until = generation.life.startedAt;
      break;
    }
    simulated.push(generation);
  }
  const timeline = simulated.flatMap(stepsOf).filter(({ at }) => at < forMs);
  const outages = outagesOf(simulated, until);
  const lengths = outages.map(({ from, to }) => to - from);
  return {
    timeline,
    restarts: timeline.filter(({ type }) => type === 'restart').length,
    halfOpenTries: simulated.filter(({ halfOpen }) => halfOpen).length,
    gaveUpAt: timeline.find(({ type }) => type === 'giveUp')?.at ?? null,
    outages,
    outageMs: lengths.reduce((sum, length) => sum + length, 0),
    longestOutageMs: Math.max(0, ...lengths),
    forMs: until,
    cutShort: until < forMs,
  };
}

/** One process after the other, each with the decision about its exit. */
function* generationsOf(
  policy: SupervisionPolicy,
  trace: FaultTrace,
  startMs: number,
  random: () => number,
): Generator<SimulatedGeneration> {
  const faults = trace[Symbol.iterator]();
  let history = emptyHistory;
  let wasHealthy = false;
  let next: number | null = 0;
  while (next !== null) {
    const life: ProcessLife = lifeUnder(nextFault(faults, next), policy, next, startMs);
    const halfOpen = history.gaveUp;
    wasHealthy ||= life.healthyAt !== null;
    const { exit } = life;
    const decided = decideExit({
      policy: policy.restart,
      exit,
      history,
      wasHealthy,
      random: random(),
    });
    history = decided.history;
    next = nextStart(decided.decision, exit.at, policy.restart.halfOpenAfterMs);
    yield { life, halfOpen, decision: decided.decision, next };
  }
}

/** Skips faults whose fixed moment has passed. */
function nextFault(faults: Iterator<Fault>, now: number): Fault {
  let fault = faults.next();
  while (fault.done !== true && (fault.value.at ?? Infinity) < now) fault = faults.next();
  return fault.done === true ? noFault : fault.value;
}

function nextStart(
  decision: RestartDecision,
  endedAt: number,
  halfOpenAfterMs: number | null,
): number | null {
  switch (decision.decision) {
    case 'restart':
      return endedAt + decision.delayMs;
    case 'giveUp':
      return halfOpenAfterMs === null ? null : endedAt + halfOpenAfterMs;
    case 'stop':
      return null;
  }
}

function assertAmounts(amounts: Readonly<Record<string, number>>): void {
  const wrong = Object.entries(amounts).find(([, value]) => !(value >= 0));
  if (wrong === undefined) return;
  throw new PluginError({
    code: 'CONFIG_INVALID',
    message: `${wrong[0]} must be 0 or more, and is ${wrong[1]}.`,
    hint: 'See the docstrings of SimulateOptions for what each option takes.',
  });
}

/**
 * A reproducible stream of numbers in [0, 1) from a seed, a whole number: Tommy Ettinger's mulberry32. Not for
 * cryptography.
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
