import type { RestartPolicy } from '../../model/index.js';
import { recordFailure, type FailureHistory } from './failures.js';
import { decideRestart, type GenerationExit, type RestartDecision } from './decide-restart.js';

/** What a supervisor remembers of a plugin's failures, from one end to the next. */
export interface RestartHistory {
  readonly failures: FailureHistory;
  /** It was given up, and has not proved itself since: whatever runs is a half-open try. */
  readonly gaveUp: boolean;
}

/** Nothing is held against it: so it begins, and so an operator's activation leaves it. */
export const emptyHistory: RestartHistory = { failures: [], gaveUp: false };

export interface ExitQuestion {
  readonly policy: RestartPolicy;
  readonly exit: GenerationExit & { readonly at: number; readonly healthyMs: number };
  readonly history: RestartHistory;
  /** Whether any generation since the activation was healthy. */
  readonly wasHealthy: boolean;
  /** In [0, 1). */
  readonly random: number;
}

/** What follows the end of a plugin's process, and what is to be remembered of it. */
export function decideExit(question: ExitQuestion): {
  readonly decision: RestartDecision;
  readonly history: RestartHistory;
} {
  const { policy, exit, history, wasHealthy, random } = question;
  const failures = recordFailure(history.failures, exit, policy);
  const halfOpen = history.gaveUp && !resetsHistory(exit.healthyMs, policy);
  const decision = decideRestart({ policy, exit, failures, wasHealthy, random, halfOpen });
  return { decision, history: { failures, gaveUp: halfOpen || decision.decision === 'giveUp' } };
}

/** A healthy time in which all that came before is forgotten; without a time for that, the window's length. */
function resetsHistory(healthyMs: number, { resetAfterMs, periodMs }: RestartPolicy): boolean {
  const enough = resetAfterMs ?? periodMs;
  return enough !== null && healthyMs >= enough;
}
