import type { RestartPolicy } from '../../model/index.js';
import { recordFailure, type FailureHistory } from './intensity.js';
import { decideRestart, type GenerationExit, type RestartDecision } from './decide-restart.js';

/** What a supervisor keeps about the failures of a plugin. */
export interface RestartHistory {
  readonly failures: FailureHistory;
  /** It was given up and was not healthy for long enough since: what runs is a half-open attempt. */
  readonly gaveUp: boolean;
}

/** No failures: the history of a new plugin, and after an operator's activation. */
export const emptyHistory: RestartHistory = { failures: [], gaveUp: false };

/** What the decision about an exit depends on. */
export interface ExitQuestion {
  readonly policy: RestartPolicy;
  readonly exit: GenerationExit & { readonly at: number; readonly healthyMs: number };
  readonly history: RestartHistory;
  /** Whether any generation since the activation was healthy. */
  readonly wasHealthy: boolean;
  /** In [0, 1). */
  readonly random: number;
}

/** Decides what follows the exit of a plugin's process, and returns the history with that exit. */
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

/** Whether a plugin was healthy for long enough to be trusted again: `resetAfterMs`, or else `periodMs`. */
function resetsHistory(healthyMs: number, { resetAfterMs, periodMs }: RestartPolicy): boolean {
  const thresholdMs = resetAfterMs ?? periodMs;
  return thresholdMs !== null && healthyMs >= thresholdMs;
}
