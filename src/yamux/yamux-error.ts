/** Why a stream or a whole session has ended, or could not be opened. */
export type YamuxReason =
  /** The peer broke the protocol. */
  | 'protocol-violated'
  /** The peer reported a protocol error of ours, or an internal error of its own. */
  | 'peer-failed'
  /** The peer reset this one stream. */
  | 'stream-reset'
  /** The socket underneath ended or failed. */
  | 'socket-lost'
  /** This side closed the session. */
  | 'session-closed'
  /** A ping was not answered in time. */
  | 'ping-unanswered'
  /** A stream that we opened was not acknowledged in time. */
  | 'open-unanswered'
  /** One side has announced that it accepts no more streams. */
  | 'going-away'
  /** The peer sent more than a limit allows, or as many streams are open as can be. */
  | 'limit-exceeded'
  /** All stream ids of this session are used up. */
  | 'ids-exhausted';

/** The error of this layer: why a stream or a session has ended. */
export class YamuxError extends Error {
  override readonly name = 'YamuxError';
  /** Node's HTTP/2 and gRPC treat it as a lost connection: calls then fail with UNAVAILABLE. */
  readonly code = 'ECONNRESET';
  readonly reason: YamuxReason;

  constructor(reason: YamuxReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
