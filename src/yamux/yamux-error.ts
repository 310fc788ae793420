/** Why a stream or a whole session is no more, or could not be had. */
export type YamuxReason =
  /** The peer broke the protocol. */
  | 'protocol-violated'
  /** The peer says that we broke the protocol, or that it failed itself. */
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
  /** One side has said that it takes no more streams. */
  | 'going-away'
  /** All stream ids of this session are used up. */
  | 'ids-exhausted';

/** The one error of this room: what a stream or a session ended with. */
export class YamuxError extends Error {
  override readonly name = 'YamuxError';
  /** What Node's HTTP/2 and gRPC take for a lost connection: calls then fail with UNAVAILABLE. */
  readonly code = 'ECONNRESET';
  readonly reason: YamuxReason;

  constructor(reason: YamuxReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
