/** Why a connection is no more, or could not be had. */
export type Http2Reason =
  /** The server broke the protocol. */
  | 'protocol-violated'
  /** The server sent more than a limit allows. */
  | 'limit-exceeded'
  /** What answers does not speak HTTP/2. */
  | 'not-http2'
  /** The server says that this side broke the protocol, or that it failed itself. */
  | 'peer-failed'
  /** The socket ended or failed. */
  | 'socket-lost'
  /** This side closed the connection. */
  | 'session-closed';

/** What an HTTP/2 connection ended with. */
export class Http2Error extends Error {
  override readonly name = 'Http2Error';
  readonly reason: Http2Reason;

  constructor(reason: Http2Reason, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
