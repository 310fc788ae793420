import type { RestartPolicy } from '../../model/index.js';

/** Moments of failures or restarts that still count, in milliseconds, oldest first. */
export type FailureHistory = readonly number[];

/** At most so many failures are kept under a policy without an intensity: every backoff has reached its cap before. */
const maxHistory = 1000;

/** The restart intensity of a group, OTP's MaxR and MaxT: at most `intensity` restarts in `periodMs`; `null`: no bound. */
export interface RestartIntensity {
  readonly intensity: number | null;
  readonly periodMs: number;
}

/**
 * The failures of a plugin that still count, with one more. Those older than the period do not, and none does once
 * the plugin was healthy for `resetAfterMs`.
 */
export function recordFailure(
  history: FailureHistory,
  failure: { readonly at: number; readonly healthyMs: number },
  { resetAfterMs, periodMs, intensity }: RestartPolicy,
): FailureHistory {
  if (resetAfterMs !== null && failure.healthyMs >= resetAfterMs) return [failure.at];
  const counted = withinPeriod(history, failure.at, periodMs);
  return [...counted, failure.at].slice(-(intensity === null ? maxHistory : intensity + 1));
}

/** Whether a plugin has failed more often than its policy restarts it. The history has the newest failure. */
export function exceedsIntensity(history: FailureHistory, { intensity }: RestartPolicy): boolean {
  return intensity !== null && history.length > intensity;
}

/** The restarts of a group that still count, with one more. Without an intensity none is kept. */
export function withRestart(restarts: FailureHistory, at: number, limit: RestartIntensity): FailureHistory {
  return limit.intensity === null ? [] : [...withinPeriod(restarts, at, limit.periodMs), at];
}

/** Whether one more restart of a group would exceed its intensity. */
export function isExhausted(restarts: FailureHistory, at: number, limit: RestartIntensity): boolean {
  return restartsLeft(restarts, at, limit) === 0;
}

/** How many restarts the intensity of a group still allows; `null`: any number. */
export function restartsLeft(restarts: FailureHistory, at: number, limit: RestartIntensity): number | null {
  const { intensity, periodMs } = limit;
  return intensity === null ? null : Math.max(0, intensity - withinPeriod(restarts, at, periodMs).length);
}

/** The moments that lie within the period before `now`, its edge included. `null`: all of them. */
function withinPeriod(moments: FailureHistory, now: number, periodMs: number | null): FailureHistory {
  return periodMs === null ? moments : moments.filter((at) => now - at <= periodMs);
}

/** A clock that can be paused: for how long it was, and since when it is; `null`: it runs. */
export interface PausableClock {
  readonly pausedMs: number;
  readonly pausedAt: number | null;
}

/**
 * The time by which a supervisor counts restarts. It is paused during a group restart: one that takes longer than the
 * period would otherwise forget the restarts that bound it.
 */
export function readClock({ pausedMs, pausedAt }: PausableClock, now: number): number {
  return (pausedAt ?? now) - pausedMs;
}

/** Pauses a clock; one that is paused already stays paused since then. */
export function pauseClock(clock: PausableClock, now: number): PausableClock {
  return { ...clock, pausedAt: clock.pausedAt ?? now };
}

/** Resumes a clock: the time since the pause does not count. */
export function resumeClock({ pausedMs, pausedAt }: PausableClock, now: number): PausableClock {
  return { pausedMs: pausedMs + (pausedAt === null ? 0 : now - pausedAt), pausedAt: null };
}
