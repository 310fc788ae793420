import { maxTimerMs, type HealthPolicy } from '../../model/index.js';

/** The pause before a probe, in milliseconds: the interval with the policy's jitter. `random` is in [0, 1). */
export function withJitter(intervalMs: number, jitter: number, random: number): number {
  return Math.min(maxTimerMs, Math.round(intervalMs * (1 + jitter * (2 * random - 1))));
}

/**
 * The longest time, in milliseconds, until a plugin that stops answering is found: it froze right after an answer, and
 * every pause was the longest. `excused`: whether all misses that may be excused were excused.
 */
export function hangFoundWithinMs(policy: HealthPolicy, excused: 0 | 'all' = 0): number {
  const { intervalMs, retryIntervalMs, deadlineMs, misses, jitter } = policy;
  const missed = misses + (excused === 'all' ? policy.excuses : 0);
  const pause = (ms: number): number => withJitter(ms, jitter, 1);
  return pause(intervalMs) + missed * deadlineMs + (missed - 1) * pause(retryIntervalMs);
}

/**
 * The longest time, in milliseconds, until a plugin is found that answers on its connection but accepts no new ones;
 * `null`: the policy has no fresh dials.
 */
export function lostSocketFoundWithinMs(policy: HealthPolicy): number | null {
  const { intervalMs, retryIntervalMs, deadlineMs, misses, jitter, freshDialEvery } = policy;
  if (freshDialEvery === null) return null;
  const pause = (ms: number): number => withJitter(ms, jitter, 1);
  const between = freshDialEvery * pause(intervalMs) + (freshDialEvery - 1) * deadlineMs;
  return between + misses * deadlineMs + (misses - 1) * pause(retryIntervalMs);
}
