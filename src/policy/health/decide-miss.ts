import type { ExcuseReason, HealthPolicy, HostSample } from '../../model/index.js';

/** What a missed probe counts as. */
export type MissDecision =
  { readonly decision: 'count' } | { readonly decision: 'excuse'; readonly why: ExcuseReason };

/** What the decision about a missed probe depends on. */
export interface MissQuestion {
  readonly policy: Pick<HealthPolicy, 'deadlineMs' | 'excuses'>;
  /** Excused misses in a row before this one. */
  readonly excused: number;
  /** Whether the probe used the connection of calls, so that their answers prove that it works. */
  readonly sharesConnection: boolean;
  /** The host sample from when the probe was sent. */
  readonly sampleAtSend: HostSample;
  /** The host sample from its deadline. */
  readonly sampleAtDeadline: HostSample;
}

/** A host whose event loop was active for more than this share of the deadline had no time to read the answer. */
const busyShare = 0.8;
/** A timer that fires later than this share of the deadline was delayed by more than other timers. */
const lateShare = 0.5;

/**
 * Decides whether a missed probe counts. A miss is excused while calls get answers and after the host was busy or
 * suspended. The number of excuses is bounded: a plugin that answers calls may have a health service that hangs.
 */
export function decideMiss(question: MissQuestion): MissDecision {
  const { policy, excused, sharesConnection, sampleAtSend, sampleAtDeadline } = question;
  if (excused >= policy.excuses) return { decision: 'count' };
  const passedMs = sampleAtDeadline.monotonicMs - sampleAtSend.monotonicMs;
  const thresholdMs = policy.deadlineMs * lateShare;
  const sleptMs = sampleAtDeadline.wallMs - sampleAtSend.wallMs - passedMs;
  const lateMs = passedMs - policy.deadlineMs;
  const busyMs = sampleAtDeadline.eventLoopActiveMs - sampleAtSend.eventLoopActiveMs;

  if (sharesConnection && sampleAtDeadline.messagesReceived > sampleAtSend.messagesReceived)
    return { decision: 'excuse', why: 'calls' };
  if (busyMs > policy.deadlineMs * busyShare) return { decision: 'excuse', why: 'busyHost' };
  // A host that was stopped was not busy, but its timers fire late.
  if (sleptMs > thresholdMs || lateMs > thresholdMs) return { decision: 'excuse', why: 'wakeUp' };
  return { decision: 'count' };
}
