import { PluginError, type Fault, type FaultTrace, type SupervisionPolicy } from '../model/index.js';
import { cleanSlate, judgeEnd } from './judge.js';
import { liveThrough, noFault, type Life } from './life.js';
import type { RestartVerdict } from './restart.js';
import { seededRandom } from './seeded-random.js';
import { outagesOf, stepsOf, type Simulation, type Turn } from './simulation.js';

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
  const turns: Turn[] = [];
  let until = forMs;
  for (const turn of turnsOf(policy, trace, startMs, random)) {
    if (turn.life.begunAt >= forMs) break;
    if (turns.length >= generations) {
      until = turn.life.begunAt;
      break;
    }
    turns.push(turn);
  }
  const timeline = turns.flatMap(stepsOf).filter(({ at }) => at < forMs);
  const outages = outagesOf(turns, until);
  const lengths = outages.map(({ from, to }) => to - from);
  return {
    timeline,
    restarts: timeline.filter(({ type }) => type === 'restart').length,
    halfOpenTries: turns.filter(({ halfOpen }) => halfOpen).length,
    gaveUpAt: timeline.find(({ type }) => type === 'giveUp')?.at ?? null,
    outages,
    outageMs: lengths.reduce((sum, length) => sum + length, 0),
    longestOutageMs: Math.max(0, ...lengths),
    forMs: until,
    cutShort: until < forMs,
  };
}

/** One process after the other, each with the verdict on its end; as many as are asked for. */
function* turnsOf(
  policy: SupervisionPolicy,
  trace: FaultTrace,
  startMs: number,
  random: () => number,
): Generator<Turn> {
  const faults = trace[Symbol.iterator]();
  let memory = cleanSlate;
  let wasHealthy = false;
  let next: number | null = 0;
  while (next !== null) {
    const life: Life = liveThrough(nextFault(faults, next), policy, next, startMs);
    const halfOpen = memory.gaveUp;
    wasHealthy ||= life.healthyAt !== null;
    const { exit } = life;
    const judged = judgeEnd({ policy: policy.restart, exit, memory, wasHealthy, random: random() });
    memory = judged.memory;
    next = nextStart(judged.verdict, exit.at, policy.restart.halfOpenAfterMs);
    yield { life, halfOpen, verdict: judged.verdict, next };
  }
}

/** A fault whose moment has passed before there was a process hits nobody. */
function nextFault(faults: Iterator<Fault>, now: number): Fault {
  let fault = faults.next();
  while (fault.done !== true && (fault.value.at ?? Infinity) < now) fault = faults.next();
  return fault.done === true ? noFault : fault.value;
}

function nextStart(verdict: RestartVerdict, endedAt: number, halfOpenAfterMs: number | null): number | null {
  switch (verdict.verdict) {
    case 'restart':
      return endedAt + verdict.delayMs;
    case 'giveUp':
      return halfOpenAfterMs === null ? null : endedAt + halfOpenAfterMs;
    case 'rest':
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
