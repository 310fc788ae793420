import { http2Limits as limits } from '../model/limits.js';
import { frameType, preface, setting, writeNumberFrame, writeSettings, defaultWindow } from './frame.js';
import type { HeaderField } from './hpack/index.js';
import { Http2Error } from './http2-error.js';
import { writeBytes } from './output.js';
import { notHttp2, receiveBytes } from './receiving.js';
import * as sending from './sending.js';
import {
  createSessionState,
  fail,
  isTakingStreams,
  type SessionHandler,
  type SessionState,
} from './session-state.js';
import type { Http2Stream, RequestHead, StreamHandler, StreamState } from './stream.js';

/**
 * The client's side of one HTTP/2 connection: bytes and requests go in, bytes and events come out. It knows no socket
 * and no time. Nothing that the server sends makes it throw; what breaks the protocol ends a stream or the session.
 */
export interface Http2Session<Block> {
  /** Takes the next bytes of the server. They must not change afterwards. */
  receive(chunk: Uint8Array): void;
  /** Opens a stream, at once or when the server has room for it. `null`: this session opens no more. */
  open<Owner>(head: RequestHead, handler: StreamHandler<Owner, Block>, owner: Owner): Http2Stream | null;
  /**
   * Sends a part of a request's body, and ends it with the last one. Returns whether all of it is laid out for writing;
   * otherwise the stream's handler is called when it is. The bytes must not change until then.
   */
  send(stream: Http2Stream, bytes: Uint8Array, isLast: boolean): boolean;
  /** Holds the server up on one stream: it can send no more than one window. */
  pause(stream: Http2Stream): void;
  resume(stream: Http2Stream): void;
  /** Ends a stream at once, which has no further events. */
  reset(stream: Http2Stream, code: number): void;
  /** Takes what is to be written now: pieces that are not changed any more. */
  take(): readonly Uint8Array[];
  /** Whether there is more to be taken. */
  hasOutput(): boolean;
  /** The bytes of bodies that could not be laid out for writing yet. */
  waitingBytes(): number;
  /** Whether new streams can be opened. */
  isTaking(): boolean;
  /** The size that the server wants header lists to keep to. */
  longestHeaderList(): number;
  /** Opens no new streams and ends when the last one is over. */
  leave(): void;
  /** The connection underneath has ended, by the server or by its own failure; or by this side, with `session-closed`. */
  lost(reason: 'socket-lost' | 'session-closed', cause?: unknown): void;
}

/**
 * Begins a session; its preface is to be taken at once. `read` makes of a response's header fields what its owner
 * needs. Streams are counted from `firstId`.
 */
export function createHttp2Session<Block>(
  handler: SessionHandler,
  read: (fields: readonly HeaderField[]) => Block,
  firstId = 1,
): Http2Session<Block> {
  const session = createSessionState(handler, read, firstId);
  greet(session);
  const known = (stream: Http2Stream): StreamState<Block> => stream as StreamState<Block>;
  return {
    receive(chunk) {
      receiveBytes(session, chunk);
    },
    open: (head, streamHandler, owner) => sending.openStream(session, head, streamHandler, owner),
    send: (stream, bytes, isLast) => sending.sendData(session, known(stream), bytes, isLast),
    pause(stream) {
      sending.setPaused(session, known(stream), true);
    },
    resume(stream) {
      sending.setPaused(session, known(stream), false);
    },
    reset(stream, code) {
      sending.resetStream(session, known(stream), code);
    },
    take: () => sending.takeAll(session),
    hasOutput: () => sending.hasOutput(session),
    waitingBytes: () => session.queued,
    isTaking: () => isTakingStreams(session),
    longestHeaderList: () => session.peer.headerList,
    leave() {
      sending.leave(session);
    },
    lost(reason, cause) {
      fail(session, lossOf(session, reason, cause));
    },
  };
}

function greet<Block>({ output }: SessionState<Block>): void {
  writeBytes(output, preface);
  writeSettings(output, [
    [setting.headerTableSize, 0],
    [setting.enablePush, 0],
    [setting.initialWindowSize, limits.streamWindow],
    [setting.maxFrameSize, limits.frameSize],
    [setting.maxHeaderListSize, limits.headerList],
  ]);
  writeNumberFrame(output, frameType.windowUpdate, 0, limits.connectionWindow - defaultWindow);
}

function lossOf<Block>(
  { isGreeted, farewell, reader }: SessionState<Block>,
  reason: 'socket-lost' | 'session-closed',
  cause: unknown,
): Http2Error {
  if (reason === 'session-closed') return new Http2Error(reason, 'The connection was closed on this side.');
  if (farewell !== null)
    return new Http2Error('peer-failed', `The server ended the connection with ${farewell}.`, cause);
  if (!isGreeted && reader.headHeld > 0)
    return new Http2Error('not-http2', notHttp2(reader.head.subarray(0, reader.headHeld)), cause);
  return new Http2Error(reason, 'The connection was lost.', cause);
}
