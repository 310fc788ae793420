import type { RestartPolicy } from '../model/index.js';

/** The failures that still count: moments in milliseconds since the epoch, oldest first. */
export type FailureHistory = readonly number[];

/**
 * The history with one more failure. Failures older than the window are forgotten, and all of them when the
 * plugin had been healthy for long enough before this one.
 */
export function recordFailure(
  history: FailureHistory,
  failure: { readonly at: number; readonly healthyMs: number },
  policy: RestartPolicy,
): FailureHistory {
  if (policy.resetAfterMs !== null && failure.healthyMs >= policy.resetAfterMs) return [failure.at];
  const counted = history.filter((at) => failure.at - at <= policy.periodMs);
  return [...counted, failure.at];
}

/** Whether the window holds more failures than the policy restarts. The window's edge counts as inside. */
export function exceedsIntensity(history: FailureHistory, policy: RestartPolicy): boolean {
  return history.length > policy.intensity;
}
