import type { HeaderField } from './hpack/index.js';
import type { Http2Error } from './http2-error.js';

/** How a stream ended where it did not end with END_STREAM of the server. It is the stream's last event. */
export type StreamEnd =
  /** The server sent RST_STREAM; `isProcessed` is false where it says that it has done nothing with the request. */
  | { readonly type: 'reset'; readonly code: number; readonly isProcessed: boolean }
  /** The response is no HTTP/2 response. The server was sent RST_STREAM. */
  | { readonly type: 'malformed'; readonly problem: string }
  /** The response's headers are over the limit. The server was sent RST_STREAM. */
  | { readonly type: 'too-large' }
  /** The server took no more streams before it came to this one. */
  | { readonly type: 'unprocessed' }
  /** The connection ended. `isSent` is false where no byte of the request was laid out for writing. */
  | { readonly type: 'lost'; readonly error: Http2Error; readonly isSent: boolean };

/**
 * What happens on a stream. One handler serves many streams; each call has the stream's `owner`, which is whatever was
 * given when it was opened. A handler must not throw.
 */
export interface StreamHandler<Owner, Block> {
  /**
   * The header block of the response or its trailers; `isLast` where it ends the stream, which `end` tells next.
   * Informational (1xx) blocks are left out.
   */
  headers(owner: Owner, block: Block, isLast: boolean): void;
  /** A part of the body: a slice of what was received, not a copy. */
  data(owner: Owner, bytes: Uint8Array): void;
  /** The server has ended the stream, and with it the stream is over. */
  end(owner: Owner): void;
  /** The stream ended in another way. */
  failed(owner: Owner, end: StreamEnd): void;
  /** All that was given to `send` has been laid out for writing. */
  drained(owner: Owner): void;
}

/** What a request begins with: the fields that are the same for many, and those of this one. */
export interface RequestHead {
  readonly template: HeaderTemplate;
  readonly fields: readonly HeaderField[];
}

/** Header fields that many requests have in common, with their encoded bytes while these are right. */
export interface HeaderTemplate {
  readonly fields: readonly HeaderField[];
  bytes: Uint8Array;
  version: number;
}

/** A template; it belongs to the session whose requests are made with it. */
export function createHeaderTemplate(fields: readonly HeaderField[]): HeaderTemplate {
  return { fields, bytes: new Uint8Array(0), version: -1 };
}

/** One stream, as the owner of a session holds it. */
export interface Http2Stream {
  /** 0 until the server has room for it. */
  readonly id: number;
}

/** One stream, as the session knows it. */
export interface StreamState<Block> {
  id: number;
  readonly handler: StreamHandler<unknown, Block>;
  readonly owner: unknown;
  /** What it will begin with, while it waits for room. */
  head: RequestHead | null;
  /** What may still be sent, and what the server may still send. */
  sendWindow: number;
  receiveWindow: number;
  /** Received, and not yet given back to the server as window. */
  owed: number;
  /** No window is given back. */
  isPaused: boolean;
  /** Bodies that wait for a window or for the socket, and whether they end the stream. */
  queue: Uint8Array[] | null;
  isQueueLast: boolean;
  /** It has its turn in the session's list of streams that can send. */
  isReady: boolean;
  isEndedHere: boolean;
  /** The final response headers have come. */
  hasResponse: boolean;
  isOver: boolean;
}
