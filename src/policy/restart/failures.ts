import type { RestartPolicy } from '../../model/index.js';

/** The failures that still count: moments in milliseconds, oldest first. */
export type FailureHistory = readonly number[];

/** What is remembered under a policy that never gives up: every pause has reached its cap long before. */
const maxHistory = 1000;

/**
 * The history with one more failure. Failures older than the window are forgotten, and all of them when the
 * plugin had been healthy for long enough before this one.
 */
export function recordFailure(
  history: FailureHistory,
  failure: { readonly at: number; readonly healthyMs: number },
  policy: RestartPolicy,
): FailureHistory {
  const { resetAfterMs, periodMs, intensity } = policy;
  if (resetAfterMs !== null && failure.healthyMs >= resetAfterMs) return [failure.at];
  const counted = periodMs === null ? history : history.filter((at) => failure.at - at <= periodMs);
  return [...counted, failure.at].slice(-(intensity === null ? maxHistory : intensity + 1));
}

/** Whether the window holds more failures than the policy restarts. The window's edge counts as inside. */
export function exceedsIntensity(history: FailureHistory, { intensity }: RestartPolicy): boolean {
  return intensity !== null && history.length > intensity;
}
