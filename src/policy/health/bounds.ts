import type { HealthPolicy } from '../../model/index.js';

/** A longer timer of Node fires at once. */
const maxTimerMs = 2 ** 31 - 1;

/** The pause before a probe: the interval, made longer or shorter by the policy's jitter. `random` is in [0, 1). */
export function withJitter(intervalMs: number, jitter: number, random: number): number {
  return Math.min(maxTimerMs, Math.round(intervalMs * (1 + jitter * (2 * random - 1))));
}

/**
 * How long a plugin that stops answering can go unnoticed, in milliseconds: it froze right after an answer, and every
 * pause was the longest. With `excused`, every miss that may be excused was.
 */
export function hangFoundWithinMs(policy: HealthPolicy, excused: 0 | 'all' = 0): number {
  const { intervalMs, retryIntervalMs, deadlineMs, misses, jitter } = policy;
  const missed = misses + (excused === 'all' ? policy.excuses : 0);
  const pause = (ms: number): number => withJitter(ms, jitter, 1);
  return pause(intervalMs) + missed * deadlineMs + (missed - 1) * pause(retryIntervalMs);
}

/** How long it can go unnoticed that a living plugin takes no new connections; `null`: nobody looks. */
export function lostSocketFoundWithinMs(policy: HealthPolicy): number | null {
  const { intervalMs, retryIntervalMs, deadlineMs, misses, jitter, freshDialEvery } = policy;
  if (freshDialEvery === null) return null;
  const pause = (ms: number): number => withJitter(ms, jitter, 1);
  const between = freshDialEvery * pause(intervalMs) + (freshDialEvery - 1) * deadlineMs;
  return between + misses * deadlineMs + (misses - 1) * pause(retryIntervalMs);
}
