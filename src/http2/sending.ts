import { http2Limits as limits } from '../model/limits.js';
import { errorCode } from './error-code.js';
import { flag, frameType, writeFrameHeader, writeGoAway, writeNumberFrame } from './frame.js';
import { sizeOfOutput, takeOutput, writeBytes } from './output.js';
import { forgetStream, isTakingStreams, sendReset, tellOutput, type SessionState } from './session-state.js';
import type { HeaderTemplate, RequestHead, StreamHandler, StreamState } from './stream.js';

const largestId = 2 ** 31 - 1;

/** Opens a stream, at once or as soon as the server has room. `null`: this session opens no more. */
export function openStream<Block>(
  session: SessionState<Block>,
  head: RequestHead,
  handler: StreamHandler<unknown, Block>,
  owner: unknown,
): StreamState<Block> | null {
  if (!isTakingStreams(session)) return null;
  const stream: StreamState<Block> = {
    id: 0,
    handler,
    owner,
    head,
    sendWindow: 0,
    receiveWindow: limits.streamWindow,
    owed: 0,
    isPaused: false,
    queue: null,
    isQueueLast: false,
    isReady: false,
    isEndedHere: false,
    hasResponse: false,
    isOver: false,
  };
  if (session.waiting.size === 0 && hasRoom(session)) beginStream(session, stream, head);
  else session.waiting.add(stream);
  return stream;
}

function hasRoom<Block>({ streams, peer }: SessionState<Block>): boolean {
  return streams.size < peer.maxConcurrentStreams;
}

/** Begins streams that waited, as far as the server has room; and tells of the end where the last one is over. */
export function afterStreamEnd<Block>(session: SessionState<Block>): void {
  for (const stream of session.waiting) {
    if (!hasRoom(session) || session.lastTaken !== null || session.failure !== null) break;
    session.waiting.delete(stream);
    if (stream.head !== null) beginStream(session, stream, stream.head);
  }
  if (isTakingStreams(session) || session.failure !== null) return;
  if (session.streams.size === 0 && session.waiting.size === 0) session.handler.finished();
}

function beginStream<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  { template, fields }: RequestHead,
): void {
  stream.id = session.nextId;
  stream.head = null;
  stream.sendWindow = session.peer.initialWindow;
  session.nextId += 2;
  session.streams.set(stream.id, stream);
  writeHeaders(session, stream.id, [
    session.encoder.takeSizeUpdate(),
    bytesOf(session, template),
    ...(fields.length === 0 ? [] : [session.encoder.encodePlain(fields)]),
  ]);
  if (session.nextId > largestId) retire(session);
  if (stream.queue !== null) makeReady(session, stream);
}

/** All ids are used up: the owner needs another connection. */
function retire<Block>(session: SessionState<Block>): void {
  session.isLeaving = true;
  session.handler.leaving();
}

/** A template as bytes: encoded once, and again only when the table has changed. */
function bytesOf<Block>({ encoder }: SessionState<Block>, template: HeaderTemplate): Uint8Array {
  const version = encoder.version();
  if (template.version === version) return template.bytes;
  const bytes = encoder.encodeIndexed(template.fields);
  if (encoder.version() === version) {
    template.bytes = bytes;
    template.version = version;
  }
  return bytes;
}

function writeHeaders<Block>(session: SessionState<Block>, id: number, parts: readonly Uint8Array[]): void {
  const { output, peer } = session;
  let length = 0;
  for (const part of parts) length += part.length;
  if (length <= peer.frameSize) {
    writeFrameHeader(output, frameType.headers, flag.endHeaders, id, length);
    for (const part of parts) writeBytes(output, part);
  } else writeLongHeaders(session, id, Buffer.concat(parts));
  tellOutput(session);
}

function writeLongHeaders<Block>(session: SessionState<Block>, id: number, block: Uint8Array): void {
  const { output, peer } = session;
  for (let at = 0; at < block.length; at += peer.frameSize) {
    const fragment = block.subarray(at, at + peer.frameSize);
    const isLast = at + peer.frameSize >= block.length;
    const type = at === 0 ? frameType.headers : frameType.continuation;
    writeFrameHeader(output, type, isLast ? flag.endHeaders : 0, id, fragment.length);
    writeBytes(output, fragment);
  }
}

/**
 * Sends a part of a body; `isLast` ends it. Returns whether it was laid out for writing at once. What was not waits
 * for a window or for the socket, and `drained` tells when it no longer does. The bytes must not change until then.
 */
export function sendData<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  bytes: Uint8Array,
  isLast: boolean,
): boolean {
  if (stream.isOver || stream.isEndedHere || stream.isQueueLast) return true;
  if (stream.queue === null && canSendNow(session, stream, bytes.length)) {
    writeData(session, stream, bytes.length, isLast);
    writeBytes(session.output, bytes);
    tellOutput(session);
    return true;
  }
  stream.queue ??= [];
  stream.queue.push(bytes);
  stream.isQueueLast = isLast;
  session.queued += bytes.length;
  makeReady(session, stream);
  return false;
}

function canSendNow<Block>(
  session: SessionState<Block>,
  { id, sendWindow }: StreamState<Block>,
  length: number,
): boolean {
  const window = Math.max(0, Math.min(sendWindow, session.sendWindow));
  return (
    id !== 0 &&
    length <= window &&
    length <= session.peer.frameSize &&
    sizeOfOutput(session.output) < limits.outputSize
  );
}

/** The header of a DATA frame, and what its body takes from the windows. */
function writeData<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  length: number,
  isLast: boolean,
): void {
  writeFrameHeader(session.output, frameType.data, isLast ? flag.endStream : 0, stream.id, length);
  stream.sendWindow -= length;
  session.sendWindow -= length;
  stream.isEndedHere = isLast;
  session.uselessFrames = 0;
}

/** Gives a stream its turn to send, if it has something and the window for it. */
export function makeReady<Block>(session: SessionState<Block>, stream: StreamState<Block>): void {
  if (stream.isReady || stream.id === 0 || stream.queue === null) return;
  if (stream.sendWindow <= 0 && stream.queue.some(({ length }) => length > 0)) return;
  stream.isReady = true;
  session.ready.push(stream);
  tellOutput(session);
}

/** Lays out what waits, a frame of each stream in turn, until there is enough for one write. */
function layOutWaiting<Block>(session: SessionState<Block>): void {
  const { ready, output } = session;
  while (sizeOfOutput(output) < limits.outputSize) {
    const stream = ready.shift();
    if (stream === undefined) break;
    if (!stream.isReady || stream.queue === null) continue;
    const length = nextLength(session, stream, stream.queue);
    const isBlocked = length === 0 && stream.queue.some((bytes) => bytes.length > 0);
    if (isBlocked && session.sendWindow <= 0) {
      ready.unshift(stream);
      break;
    }
    stream.isReady = false;
    if (!isBlocked) sendQueued(session, stream, stream.queue, length);
  }
}

/** How much of a queue the next frame can hold. */
function nextLength<Block>(
  session: SessionState<Block>,
  { sendWindow }: StreamState<Block>,
  queue: readonly Uint8Array[],
): number {
  const most = Math.min(sendWindow, session.sendWindow, session.peer.frameSize, limits.sentFrameSize);
  let length = 0;
  for (const bytes of queue) {
    length += bytes.length;
    if (length >= most) return Math.max(0, most);
  }
  return length;
}

function sendQueued<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  queue: Uint8Array[],
  length: number,
): void {
  const bodies = takeBytes(queue, length);
  session.queued -= length;
  const isDrained = queue.length === 0;
  writeData(session, stream, length, isDrained && stream.isQueueLast);
  for (const bytes of bodies) writeBytes(session.output, bytes);
  if (isDrained) {
    stream.queue = null;
    stream.handler.drained(stream.owner);
  } else makeReady(session, stream);
}

/** Takes this many bytes from the front; empty ones at the end go with them. */
function takeBytes(queue: Uint8Array[], length: number): Uint8Array[] {
  const taken: Uint8Array[] = [];
  let left = length;
  for (let first = queue[0]; first !== undefined; first = queue[0]) {
    if (first.length > left) {
      if (left > 0) taken.push(first.subarray(0, left));
      queue[0] = first.subarray(left);
      break;
    }
    left -= first.length;
    taken.push(first);
    queue.shift();
  }
  return taken;
}

/** Takes what is to be written now. It may be less than there is: `hasOutput` tells. */
export function takeAll<Block>(session: SessionState<Block>): readonly Uint8Array[] {
  if (session.failure === null) layOutWaiting(session);
  session.isOutputTold = false;
  session.unsentAnswers = 0;
  session.lastWritten = session.nextId - 2;
  return takeOutput(session.output);
}

/** Whether there is more to be taken. */
export function hasOutput<Block>({ output, ready, sendWindow, failure }: SessionState<Block>): boolean {
  return sizeOfOutput(output) > 0 || (failure === null && ready.length > 0 && sendWindow > 0);
}

/** Stops or continues to give window back, so that the server is held up when its window is used. */
export function setPaused<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  isPaused: boolean,
): void {
  stream.isPaused = isPaused;
  giveBack(session, stream);
}

/** Gives window back to the server when half of it is used. */
export function giveBack<Block>(session: SessionState<Block>, stream: StreamState<Block>): void {
  if (stream.isPaused || stream.isOver || stream.owed < limits.streamWindow / 2) return;
  writeNumberFrame(session.output, frameType.windowUpdate, stream.id, stream.owed);
  stream.receiveWindow += stream.owed;
  stream.owed = 0;
  tellOutput(session);
}

/** Ends a stream from this side in both directions. It has no further events. */
export function resetStream<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  code: number,
): void {
  if (stream.isOver) return;
  // What was sent on purpose may still be answered: such frames are not held against the server.
  session.uselessFrames -= 2;
  if (stream.id !== 0) sendReset(session, stream, code);
  forgetStream(session, stream);
  afterStreamEnd(session);
}

/** Opens no new streams; `finished` tells when those that are open are over. */
export function leave<Block>(session: SessionState<Block>): void {
  if (session.isLeaving || session.failure !== null) return;
  session.isLeaving = true;
  writeGoAway(session.output, errorCode.noError);
  tellOutput(session);
  afterStreamEnd(session);
}
