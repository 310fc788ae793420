import type { ExcuseReason, HealthPolicy, HostSample } from '../../model/index.js';

/** What a missed probe counts as. */
export type MissDecision =
  | { readonly decision: 'count' }
  | { readonly decision: 'excuse'; readonly why: ExcuseReason }
  /** Excused as `busyPlugin` if the plugin greets a new connection, else counted. */
  | { readonly decision: 'verify' };

/** What the decision about a missed probe depends on. */
export interface MissQuestion {
  readonly policy: Pick<HealthPolicy, 'deadlineMs' | 'excuses' | 'busyMs'>;
  /** Excused misses in a row before this one. */
  readonly excused: number;
  /** Whether the probe used the connection of calls, so that their answers prove that it works. */
  readonly sharesConnection: boolean;
  /** The host sample from when the probe was sent. */
  readonly sampleAtSend: HostSample;
  /** The monotonic clock when the last answer came, in milliseconds. */
  readonly answeredAtMs: number;
  /** The host sample from its deadline. */
  readonly sampleAtDeadline: HostSample;
}

/** A host whose event loop was active for more than this share of the deadline had no time to read the answer. */
const busyShare = 0.8;
/** A timer that fires later than this share of the deadline was delayed by more than other timers. */
const lateShare = 0.5;

/**
 * Decides whether a missed probe counts. A miss is excused while calls get answers and after the host was busy or
 * suspended. The number of excuses is bounded: a plugin that answers calls may have a health service that hangs. A
 * plugin whose calls are in flight may be busy with them, which is verified, up to a time.
 */
export function decideMiss(question: MissQuestion): MissDecision {
  const why = question.excused >= question.policy.excuses ? null : excuseFor(question);
  if (why !== null) return { decision: 'excuse', why };
  const { policy, answeredAtMs, sampleAtDeadline } = question;
  const isBusy = sampleAtDeadline.callsInFlight > 0;
  const unansweredMs = sampleAtDeadline.monotonicMs - answeredAtMs;
  return { decision: isBusy && unansweredMs < policy.busyMs ? 'verify' : 'count' };
}

function excuseFor({
  policy,
  sharesConnection,
  sampleAtSend,
  sampleAtDeadline,
}: MissQuestion): ExcuseReason | null {
  const passedMs = sampleAtDeadline.monotonicMs - sampleAtSend.monotonicMs;
  const thresholdMs = policy.deadlineMs * lateShare;
  const sleptMs = sampleAtDeadline.wallMs - sampleAtSend.wallMs - passedMs;
  const lateMs = passedMs - policy.deadlineMs;
  const busyMs = sampleAtDeadline.eventLoopActiveMs - sampleAtSend.eventLoopActiveMs;

  if (sharesConnection && sampleAtDeadline.messagesReceived > sampleAtSend.messagesReceived) return 'calls';
  if (busyMs > policy.deadlineMs * busyShare) return 'busyHost';
  // A host that was stopped was not busy, but its timers fire late.
  return sleptMs > thresholdMs || lateMs > thresholdMs ? 'wakeUp' : null;
}
