import type { RestartPolicy } from '../model/index.js';
import { recordFailure, type FailureHistory } from './failures.js';
import { decideRestart, type EndOfGeneration, type RestartVerdict } from './restart.js';

/** What a supervisor remembers of a plugin's failures, from one end to the next. */
export interface RestartMemory {
  readonly failures: FailureHistory;
  /** It was given up, and has not proved itself since: whatever runs is a half-open try. */
  readonly gaveUp: boolean;
}

/** Nothing is held against it: so it begins, and so an operator's activation leaves it. */
export const cleanSlate: RestartMemory = { failures: [], gaveUp: false };

export interface EndQuestion {
  readonly policy: RestartPolicy;
  readonly exit: EndOfGeneration & { readonly at: number; readonly healthyMs: number };
  readonly memory: RestartMemory;
  /** Whether any generation since the activation was healthy. */
  readonly wasHealthy: boolean;
  /** In [0, 1). */
  readonly random: number;
}

/** What follows the end of a plugin's process, and what is to be remembered of it. */
export function judgeEnd(question: EndQuestion): {
  readonly verdict: RestartVerdict;
  readonly memory: RestartMemory;
} {
  const { policy, exit, memory, wasHealthy, random } = question;
  const failures = recordFailure(memory.failures, exit, policy);
  const halfOpen = memory.gaveUp && !provesItself(exit.healthyMs, policy);
  const verdict = decideRestart({ policy, exit, failures, wasHealthy, random, halfOpen });
  return { verdict, memory: { failures, gaveUp: halfOpen || verdict.verdict === 'giveUp' } };
}

/** A healthy time in which all that came before is forgotten; without a time for that, the window's length. */
function provesItself(healthyMs: number, { resetAfterMs, periodMs }: RestartPolicy): boolean {
  const enough = resetAfterMs ?? periodMs;
  return enough !== null && healthyMs >= enough;
}
