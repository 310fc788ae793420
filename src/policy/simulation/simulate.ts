import { PluginError, type Fault, type FaultTrace, type SupervisionPolicy } from '../../model/index.js';
import { emptyHistory, decideExit } from '../restart/decide-exit.js';
import { lifeUnder, noFault, type ProcessLife } from './process-life.js';
import type { RestartDecision } from '../restart/decide-restart.js';
import { seededRandom } from './seeded-random.js';
import { outagesOf, stepsOf, type Simulation, type SimulatedGeneration } from './timeline.js';

const hour = 60 * 60_000;

export interface SimulateOptions {
  /** How long to look, in milliseconds. Default: an hour. */
  readonly forMs?: number | undefined;
  /** From the start of a process to healthy, in milliseconds, where a fault does not say. Default 0. */
  readonly startMs?: number | undefined;
  /** Of the chance in the pauses, a whole number. Default 1. */
  readonly seed?: number | undefined;
  /** In the place of a seed: the chance itself, in [0, 1), asked once for each end. */
  readonly random?: (() => number) | undefined;
  /** At most so many processes. Default 10,000. */
  readonly generations?: number | undefined;
}

/**
 * Answers what a policy makes of a series of faults, without any plugin, clock or process: it asks the same functions
 * as a supervisor that runs. The plugin is activated at 0. The same arguments give the same answer.
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
  for (const turn of generationsOf(policy, trace, startMs, random)) {
    if (turn.life.startedAt >= forMs) break;
    if (simulated.length >= generations) {
      until = turn.life.startedAt;
      break;
    }
    simulated.push(turn);
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

/** One process after the other, each with the verdict on its end; as many as are asked for. */
function* generationsOf(
  policy: SupervisionPolicy,
  trace: FaultTrace,
  startMs: number,
  random: () => number,
): Generator<SimulatedGeneration> {
  const faults = trace[Symbol.iterator]();
  let memory = emptyHistory;
  let wasHealthy = false;
  let next: number | null = 0;
  while (next !== null) {
    const life: ProcessLife = lifeUnder(nextFault(faults, next), policy, next, startMs);
    const halfOpen = memory.gaveUp;
    wasHealthy ||= life.healthyAt !== null;
    const { exit } = life;
    const judged = decideExit({
      policy: policy.restart,
      exit,
      history: memory,
      wasHealthy,
      random: random(),
    });
    memory = judged.history;
    next = nextStart(judged.decision, exit.at, policy.restart.halfOpenAfterMs);
    yield { life, halfOpen, decision: judged.decision, next };
  }
}

/** A fault whose moment has passed before there was a process hits nobody. */
function nextFault(faults: Iterator<Fault>, now: number): Fault {
  let fault = faults.next();
  while (fault.done !== true && (fault.value.at ?? Infinity) < now) fault = faults.next();
  return fault.done === true ? noFault : fault.value;
}

function nextStart(verdict: RestartDecision, endedAt: number, halfOpenAfterMs: number | null): number | null {
  switch (verdict.decision) {
    case 'restart':
      return endedAt + verdict.delayMs;
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
