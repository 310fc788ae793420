import type { Backoff } from '../../model/index.js';

/**
 * The pause before the nth restart of a series, in milliseconds. `random` is in [0, 1); full jitter spreads
 * plugins that fell together, so that they do not come back together.
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: number): number {
  const whole = delayWithoutJitter(backoff, attempt);
  return isJittered(backoff, attempt) ? Math.round(whole * random) : whole;
}

/** A pause that was decided on and has not passed yet. */
export interface RestartDelay {
  /** Which restart of its series it comes before, from 1 on. */
  readonly attempt: number;
  /** From the end of the process to the restart. */
  readonly delayMs: number;
}

/**
 * How long a pause that runs is to last once the backoff has changed, counted from the same moment as before. It keeps
 * its place between nothing and the whole, so that plugins which were spread stay spread; and a restart that somebody
 * may wait for never comes later than it was promised.
 */
export function delayUnder(pause: RestartDelay, before: Backoff, after: Backoff): number {
  const { attempt, delayMs } = pause;
  if (delayMs === 0) return 0;
  return Math.min(delayMs, backoffDelay(after, attempt, delayMs / delayWithoutJitter(before, attempt)));
}

function delayWithoutJitter(backoff: Backoff, attempt: number): number {
  if (attempt <= 1) return backoff.firstMs;
  // Nothing grows to nothing, also where the factor's power is beyond all numbers.
  if (backoff.baseMs === 0) return 0;
  return Math.min(backoff.capMs, backoff.baseMs * backoff.factor ** (attempt - 2));
}

/** The first pause is taken as it is: it is there for who wants no chance in it. */
function isJittered(backoff: Backoff, attempt: number): boolean {
  return backoff.jitter === 'full' && attempt > 1;
}
