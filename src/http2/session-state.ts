import { http2Limits as limits } from '../model/limits.js';
import { errorCode } from './error-code.js';
import { defaultWindow, frameType, writeGoAway, writeNumberFrame } from './frame.js';
import {
  createHpackDecoder,
  createHpackEncoder,
  type HeaderField,
  type HpackDecoder,
  type HpackEncoder,
} from './hpack/index.js';
import { Http2Error, type Http2Reason } from './http2-error.js';
import { createOutput, type Output } from './output.js';
import { createReader, type Reader } from './reader.js';
import { createResponseBlocks, type ResponseBlocks } from './response-block.js';
import type { StreamEnd, StreamState } from './stream.js';

/** What happens in a session, beside its streams. */
export interface SessionHandler {
  /** There is something to be taken and written. Told once until it is taken. */
  output(): void;
  /** The server's first SETTINGS have come: it speaks HTTP/2. */
  greeted(): void;
  /** The server takes no new streams. Those that it has taken go on. */
  leaving(): void;
  /** Nothing is sent or received any more, but for what is taken next. All streams have failed before. */
  failed(error: Http2Error): void;
  /** The last stream of a session that takes no new ones is over. */
  finished(): void;
}

/** What the server has said of itself. */
interface PeerSettings {
  maxConcurrentStreams: number;
  initialWindow: number;
  frameSize: number;
  headerList: number;
}

/** Header fragments of a block that is not complete. */
export interface OpenBlock {
  readonly streamId: number;
  readonly isLast: boolean;
  readonly fragments: Uint8Array[];
  size: number;
}

/** All that one session knows: its settings, its streams, its windows, and what is read and written. */
export interface SessionState<Block> {
  readonly handler: SessionHandler;
  readonly output: Output;
  readonly encoder: HpackEncoder;
  readonly decoder: HpackDecoder;
  readonly blocks: ResponseBlocks<Block>;
  readonly reader: Reader;
  readonly peer: PeerSettings;
  readonly streams: Map<number, StreamState<Block>>;
  /** Streams that wait until the server takes more. */
  readonly waiting: Set<StreamState<Block>>;
  /** Streams with something to send, and the window for it. Each sends a frame in its turn. */
  readonly ready: StreamState<Block>[];
  /** Streams that were reset here: what the server may still send on them. Oldest first. */
  readonly resets: Map<number, number>;
  nextId: number;
  /** The last stream of which something was taken to be written. */
  lastWritten: number;
  sendWindow: number;
  owed: number;
  /** The bytes in the queues of all streams. */
  queued: number;
  openBlock: OpenBlock | null;
  isGreeted: boolean;
  isOutputTold: boolean;
  unsentAnswers: number;
  uselessFrames: number;
  /** The last stream that the server says it takes, once it says so. */
  lastTaken: number | null;
  isLeaving: boolean;
  /** What the server said with a GOAWAY that names an error. */
  farewell: string | null;
  failure: Http2Error | null;
}

/** The state of a session before its first byte, with the settings that the protocol begins with. `firstId` is odd. */
export function createSessionState<Block>(
  handler: SessionHandler,
  read: (fields: readonly HeaderField[]) => Block,
  firstId: number,
): SessionState<Block> {
  const peer: PeerSettings = {
    maxConcurrentStreams: limits.assumedConcurrentStreams,
    initialWindow: defaultWindow,
    frameSize: 16_384,
    headerList: Infinity,
  };
  return {
    handler,
    output: createOutput(),
    encoder: createHpackEncoder(limits.encoderTable),
    // Until the server has acknowledged that it may use none, it may use the table that the protocol begins with.
    decoder: createHpackDecoder(4096, limits.headerList),
    blocks: createResponseBlocks(read),
    reader: createReader(),
    peer,
    streams: new Map(),
    waiting: new Set(),
    ready: [],
    resets: new Map(),
    nextId: firstId,
    lastWritten: -1,
    sendWindow: defaultWindow,
    owed: 0,
    queued: 0,
    openBlock: null,
    isGreeted: false,
    isOutputTold: false,
    unsentAnswers: 0,
    uselessFrames: 0,
    lastTaken: null,
    isLeaving: false,
    farewell: null,
    failure: null,
  };
}

/** Whether new streams may be opened. */
export function isTakingStreams<Block>({ failure, lastTaken, isLeaving }: SessionState<Block>): boolean {
  return failure === null && lastTaken === null && !isLeaving;
}

/** Tells the owner that there is output, unless it knows. */
export function tellOutput<Block>(session: SessionState<Block>): void {
  if (session.isOutputTold) return;
  session.isOutputTold = true;
  session.handler.output();
}

/** Ends the connection for what the server did. Its streams fail, and the server learns the code. */
export function refuse<Block>(
  session: SessionState<Block>,
  code: number,
  reason: Http2Reason,
  message: string,
): void {
  if (session.failure !== null) return;
  writeGoAway(session.output, code);
  fail(session, new Http2Error(reason, message));
}

/** The server broke the protocol. `what` it sent goes into the message. */
export function violation<Block>(session: SessionState<Block>, code: number, what: string): void {
  refuse(session, code, 'protocol-violated', `The server broke the HTTP/2 protocol: it sent ${what}.`);
}

/** The server sent more than a limit allows. */
export function overLimit<Block>(session: SessionState<Block>, what: string): void {
  refuse(session, errorCode.enhanceYourCalm, 'limit-exceeded', `The server sent ${what}.`);
}

/** Ends the session: all streams fail, then its owner learns of it. */
export function fail<Block>(session: SessionState<Block>, error: Http2Error): void {
  if (session.failure !== null) return;
  session.failure = error;
  session.openBlock = null;
  session.resets.clear();
  session.ready.length = 0;
  tellOutput(session);
  for (const stream of [...session.streams.values(), ...session.waiting])
    endStream(session, stream, {
      type: 'lost',
      error,
      isSent: stream.id !== 0 && stream.id <= session.lastWritten,
    });
  session.handler.failed(error);
}

/** Takes a stream out of the session without telling its owner. Where another one waits, it is to be admitted. */
export function forgetStream<Block>(session: SessionState<Block>, stream: StreamState<Block>): void {
  stream.isOver = true;
  stream.isReady = false;
  stream.head = null;
  dropQueue(session, stream);
  if (stream.id === 0) session.waiting.delete(stream);
  else session.streams.delete(stream.id);
}

/** Ends a stream and tells its owner how. */
export function endStream<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  end: StreamEnd,
): void {
  if (stream.isOver) return;
  forgetStream(session, stream);
  stream.handler.failed(stream.owner, end);
}

/** Sends RST_STREAM; what still comes for the stream is thrown away. */
export function sendReset<Block>(
  session: SessionState<Block>,
  { id, receiveWindow }: StreamState<Block>,
  code: number,
): void {
  writeNumberFrame(session.output, frameType.rstStream, id, code);
  session.resets.set(id, receiveWindow);
  if (session.resets.size > limits.resetStreams)
    for (const oldest of session.resets.keys()) {
      session.resets.delete(oldest);
      break;
    }
  tellOutput(session);
}

/** Counts a frame that was of no use. Too many of them without a useful one between end the connection. */
export function countUseless<Block>(session: SessionState<Block>): void {
  session.uselessFrames += 1;
  if (session.uselessFrames > limits.uselessFrames)
    overLimit(session, `${session.uselessFrames} frames without use, one after the other`);
}

function dropQueue<Block>(session: SessionState<Block>, stream: StreamState<Block>): void {
  if (stream.queue === null) return;
  for (const bytes of stream.queue) session.queued -= bytes.length;
  stream.queue = null;
}
