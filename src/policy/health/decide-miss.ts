import type { ExcuseReason, HealthPolicy, HostSample } from '../../model/index.js';

/** What becomes of a probe that was not answered. */
export type MissDecision =
  { readonly decision: 'count' } | { readonly decision: 'excuse'; readonly why: ExcuseReason };

export interface MissQuestion {
  readonly policy: Pick<HealthPolicy, 'deadlineMs' | 'excuses'>;
  /** Misses excused in a row before this one. */
  readonly excused: number;
  /** Whether the probe took the connection that calls take too, so that their answers speak for it. */
  readonly sharesConnection: boolean;
  /** When the probe was sent. */
  readonly sampleAtSend: HostSample;
  /** When it was given up. */
  readonly sampleAtDeadline: HostSample;
}

/** A host that was at work for more of a probe's deadline than this had no time to listen. */
const busyShare = 0.8;
/** A timer that comes later than this part of the deadline was held up by more than other timers. */
const lateShare = 0.5;

/**
 * Decides whether a missed probe counts. Busy is not dead, and a plugin is not to blame for what its host slept
 * through; but excuses run out, or a plugin with a dead health service and busy calls would never be found.
 */
export function decideMiss(question: MissQuestion): MissDecision {
  const { policy, excused, sharesConnection, sampleAtSend, sampleAtDeadline } = question;
  if (excused >= policy.excuses) return { decision: 'count' };
  const passedMs = sampleAtDeadline.monotonicMs - sampleAtSend.monotonicMs;
  const lateIsMs = policy.deadlineMs * lateShare;
  const sleptMs = sampleAtDeadline.wallMs - sampleAtSend.wallMs - passedMs;
  const lateMs = passedMs - policy.deadlineMs;
  const busyMs = sampleAtDeadline.eventLoopActiveMs - sampleAtSend.eventLoopActiveMs;

  if (sharesConnection && sampleAtDeadline.messagesReceived > sampleAtSend.messagesReceived)
    return { decision: 'excuse', why: 'calls' };
  if (busyMs > policy.deadlineMs * busyShare) return { decision: 'excuse', why: 'busyHost' };
  // A host that was stopped was not busy, and yet its timers come late.
  if (sleptMs > lateIsMs || lateMs > lateIsMs) return { decision: 'excuse', why: 'wakeUp' };
  return { decision: 'count' };
}
