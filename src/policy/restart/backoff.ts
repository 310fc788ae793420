import type { Backoff } from '../../model/index.js';

/**
 * The pause before the nth restart of a series, in milliseconds. `random` is in [0, 1): full jitter spreads the restarts
 * of plugins that have crashed at the same time.
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: number): number {
  const fullMs = delayWithoutJitter(backoff, attempt);
  return isJittered(backoff, attempt) ? Math.round(fullMs * random) : fullMs;
}

/** The backoff of one restart. */
export interface RestartDelay {
  /** The number of the restart in its series, from 1. */
  readonly attempt: number;
  /** From the end of the process to the restart. */
  readonly delayMs: number;
}

/**
 * The length of a running pause, in milliseconds since its beginning, after the policy has changed. Its share of the full
 * backoff stays, so that jitter still spreads restarts, and a restart never comes later than announced.
 */
export function delayUnder(pause: RestartDelay, before: Backoff, after: Backoff): number {
  const { attempt, delayMs } = pause;
  if (delayMs === 0) return 0;
  return Math.min(delayMs, backoffDelay(after, attempt, delayMs / delayWithoutJitter(before, attempt)));
}

function delayWithoutJitter(backoff: Backoff, attempt: number): number {
  if (attempt <= 1) return backoff.firstMs;
  // 0 × Infinity is not a number.
  if (backoff.baseMs === 0) return 0;
  return Math.min(backoff.capMs, backoff.baseMs * backoff.factor ** (attempt - 2));
}

/** The first pause has no jitter, so that a first restart can be immediate. */
function isJittered(backoff: Backoff, attempt: number): boolean {
  return backoff.jitter === 'full' && attempt > 1;
}
