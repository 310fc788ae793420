import type { Backoff } from '../model/index.js';

/**
 * The pause before the nth restart of a series, in milliseconds. `random` is in [0, 1); full jitter spreads
 * plugins that fell together, so that they do not come back together.
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: number): number {
  if (attempt <= 1) return backoff.firstMs;
  const whole = Math.min(backoff.capMs, backoff.baseMs * backoff.factor ** (attempt - 2));
  return backoff.jitter === 'full' ? Math.round(whole * random) : whole;
}
