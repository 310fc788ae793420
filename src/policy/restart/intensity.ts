import type { FailureHistory } from './failures.js';

/** How many restarts within which time; OTP's MaxR and MaxT. Without an intensity there is no bound. */
export interface RestartIntensity {
  readonly intensity: number | null;
  readonly periodMs: number;
}

/** The restarts that still count, with one more. Without a budget nothing has to be remembered. */
export function withRestart(restarts: FailureHistory, at: number, limit: RestartIntensity): FailureHistory {
  return limit.intensity === null ? [] : [...withinPeriod(restarts, at, limit), at];
}

/** Whether one more restart now would be one too many. The window's edge counts as inside. */
export function isExhausted(restarts: FailureHistory, at: number, limit: RestartIntensity): boolean {
  return limit.intensity !== null && withinPeriod(restarts, at, limit).length >= limit.intensity;
}

/** How many restarts the budget still allows; `null` without one. */
export function restartsLeft(restarts: FailureHistory, at: number, limit: RestartIntensity): number | null {
  if (limit.intensity === null) return null;
  return Math.max(0, limit.intensity - withinPeriod(restarts, at, limit).length);
}

/** How long a supervisor's own time has stood still, and since when it does; `null` while it moves. */
export interface PausableClock {
  readonly pausedMs: number;
  readonly pausedAt: number | null;
}

/**
 * The time that a supervisor counts restarts in. It stands still while children come down and up together: where that
 * takes longer than the period, old restarts would be forgotten by the very restart that they should bound.
 */
export function readClock({ pausedMs, pausedAt }: PausableClock, now: number): number {
  return (pausedAt ?? now) - pausedMs;
}

export function pauseClock(clock: PausableClock, now: number): PausableClock {
  return { ...clock, pausedAt: clock.pausedAt ?? now };
}

export function resumeClock({ pausedMs, pausedAt }: PausableClock, now: number): PausableClock {
  return { pausedMs: pausedMs + (pausedAt === null ? 0 : now - pausedAt), pausedAt: null };
}

function withinPeriod(restarts: FailureHistory, now: number, { periodMs }: RestartIntensity): FailureHistory {
  return restarts.filter((at) => now - at <= periodMs);
}
