import type { FailureHistory } from './failures.js';

/** How many restarts within which time; OTP's MaxR and MaxT. Without an intensity there is no bound. */
export interface Budget {
  readonly intensity: number | null;
  readonly periodMs: number;
}

/** The restarts that still count, with one more. Without a budget nothing has to be remembered. */
export function withRestart(restarts: FailureHistory, at: number, budget: Budget): FailureHistory {
  return budget.intensity === null ? [] : [...counting(restarts, at, budget), at];
}

/** Whether one more restart now would be one too many. The window's edge counts as inside. */
export function isExhausted(restarts: FailureHistory, at: number, budget: Budget): boolean {
  return budget.intensity !== null && counting(restarts, at, budget).length >= budget.intensity;
}

/** How many restarts the budget still allows; `null` without one. */
export function restartsLeft(restarts: FailureHistory, at: number, budget: Budget): number | null {
  if (budget.intensity === null) return null;
  return Math.max(0, budget.intensity - counting(restarts, at, budget).length);
}

/** How long a supervisor's own time has stood still, and since when it does; `null` while it moves. */
export interface OwnTime {
  readonly standstillMs: number;
  readonly since: number | null;
}

/**
 * The time that a supervisor counts restarts in. It stands still while children come down and up together: where that
 * takes longer than the period, old restarts would be forgotten by the very restart that they should bound.
 */
export function ownNow({ standstillMs, since }: OwnTime, now: number): number {
  return (since ?? now) - standstillMs;
}

export function standStill(time: OwnTime, now: number): OwnTime {
  return { ...time, since: time.since ?? now };
}

export function moveOn({ standstillMs, since }: OwnTime, now: number): OwnTime {
  return { standstillMs: standstillMs + (since === null ? 0 : now - since), since: null };
}

function counting(restarts: FailureHistory, now: number, { periodMs }: Budget): FailureHistory {
  return restarts.filter((at) => now - at <= periodMs);
}
