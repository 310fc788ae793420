import { http2Limits as limits } from '../model/limits.js';
import { errorCode } from './error-code.js';
import { flag, frameHeaderSize, frameType, readUint31 } from './frame.js';
import { beginData, readData } from './receiving-data.js';
import { takeContinuation, takeHeaders } from './receiving-headers.js';
import { takeGoAway, takePing, takeReset, takeSettings, takeWindowUpdate } from './receiving-control.js';
import { countUseless, refuse, sendReset, endStream, violation, type SessionState } from './session-state.js';
import { afterStreamEnd } from './sending.js';

/** Takes the next bytes of the server, wherever they are cut. */
export function receiveBytes<Block>(session: SessionState<Block>, chunk: Uint8Array): void {
  let at = 0;
  while (at < chunk.length && session.failure === null)
    at = session.reader.rest > 0 ? readBody(session, chunk, at) : readHead(session, chunk, at);
}

function readHead<Block>(session: SessionState<Block>, chunk: Uint8Array, at: number): number {
  const { reader } = session;
  if (reader.headHeld === 0 && chunk.length - at >= frameHeaderSize) {
    beginFrame(session, chunk, at);
    return at + frameHeaderSize;
  }
  const part = chunk.subarray(at, at + frameHeaderSize - reader.headHeld);
  reader.head.set(part, reader.headHeld);
  reader.headHeld += part.length;
  if (reader.headHeld === frameHeaderSize) {
    reader.headHeld = 0;
    beginFrame(session, reader.head, 0);
  }
  return at + part.length;
}

function readBody<Block>(session: SessionState<Block>, chunk: Uint8Array, at: number): number {
  const { reader } = session;
  if (reader.type === frameType.data) return readData(session, chunk, at);
  const length = Math.min(reader.rest, chunk.length - at);
  const end = at + length;
  reader.rest -= length;
  if (isSkipped(reader.type)) return end;
  if (reader.body === null && reader.rest === 0) takeFrame(session, chunk.subarray(at, end));
  else {
    reader.body ??= new Uint8Array(length + reader.rest);
    reader.body.set(chunk.subarray(at, end), reader.body.length - reader.rest - length);
    if (reader.rest === 0) {
      const { body } = reader;
      reader.body = null;
      takeFrame(session, body);
    }
  }
  return end;
}

function isSkipped(type: number): boolean {
  return type === frameType.priority || type > frameType.continuation;
}

function beginFrame<Block>(session: SessionState<Block>, bytes: Uint8Array, at: number): void {
  const { reader } = session;
  const length = ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
  reader.type = bytes[at + 3] ?? 0;
  reader.flags = bytes[at + 4] ?? 0;
  reader.streamId = readUint31(bytes, at + 5);
  if (!session.isGreeted && !isGreeting(session)) {
    refuse(session, errorCode.protocolError, 'not-http2', notHttp2(bytes.subarray(at, at + frameHeaderSize)));
    return;
  }
  if (length > limits.frameSize) {
    violation(session, errorCode.frameSizeError, `a frame of ${length} bytes, over ${limits.frameSize}`);
    return;
  }
  if (!isExpected(session, length)) return;
  reader.rest = length;
  if (reader.type === frameType.data) beginData(session, length);
  else if (isSkipped(reader.type)) countUseless(session);
  else if (length === 0) takeFrame(session, new Uint8Array(0));
}

function isGreeting<Block>({ reader }: SessionState<Block>): boolean {
  return reader.type === frameType.settings && (reader.flags & flag.ack) === 0 && reader.streamId === 0;
}

/** What answers instead of an HTTP/2 server, by its first bytes. */
export function notHttp2(first: Uint8Array): string {
  const text = Buffer.from(first).toString('latin1');
  const what = text.startsWith('HTTP/1')
    ? 'It answers in HTTP/1.'
    : first[0] === 0x15 && first[1] === 3
      ? 'It answers with a TLS alert.'
      : `Its first bytes are ${JSON.stringify(text)}.`;
  return `What answers does not speak HTTP/2. ${what}`;
}

/** The lengths that frames must have. */
const lengths: Readonly<Record<number, (length: number) => boolean>> = {
  [frameType.rstStream]: (length) => length === 4,
  [frameType.ping]: (length) => length === 8,
  [frameType.goAway]: (length) => length >= 8,
  [frameType.windowUpdate]: (length) => length === 4,
};

/** Frames of the connection, and those of streams; WINDOW_UPDATE is either. */
const ofConnection: ReadonlySet<number> = new Set([frameType.settings, frameType.ping, frameType.goAway]);
const ofStreams: ReadonlySet<number> = new Set([
  frameType.data,
  frameType.headers,
  frameType.priority,
  frameType.rstStream,
  frameType.continuation,
]);

/** Whether a frame may come here at all. */
function isExpected<Block>(session: SessionState<Block>, length: number): boolean {
  const { type, streamId, flags } = session.reader;
  const { openBlock } = session;
  const isContinuation = type === frameType.continuation;
  if (openBlock === null ? isContinuation : !isContinuation || streamId !== openBlock.streamId)
    return unexpected(
      session,
      errorCode.protocolError,
      `a frame of type ${type} ${isContinuation ? 'behind no' : 'within a'} header block`,
    );
  if (type === frameType.pushPromise) return unexpected(session, errorCode.protocolError, 'PUSH_PROMISE');
  if (streamId === 0 ? ofStreams.has(type) : ofConnection.has(type))
    return unexpected(session, errorCode.protocolError, `a frame of type ${type} on stream ${streamId}`);
  if (lengths[type]?.(length) === false || (type === frameType.settings && !isSettingsLength(length, flags)))
    return unexpected(session, errorCode.frameSizeError, `a frame of type ${type} with ${length} bytes`);
  if (streamId !== 0 && type <= frameType.continuation && type !== frameType.priority && isIdle(session))
    return unexpected(
      session,
      errorCode.protocolError,
      `a frame of type ${type} on stream ${streamId}, which was never opened`,
    );
  if (type === frameType.priority && length !== 5) endWrongPriority(session);
  return true;
}

function unexpected<Block>(session: SessionState<Block>, code: number, what: string): false {
  violation(session, code, what);
  return false;
}

function isSettingsLength(length: number, flags: number): boolean {
  return (flags & flag.ack) === 0 ? length % 6 === 0 : length === 0;
}

function isIdle<Block>({ reader: { streamId }, nextId }: SessionState<Block>): boolean {
  return streamId % 2 === 0 || streamId >= nextId;
}

/** Only the stream is at fault where PRIORITY has the wrong length. */
function endWrongPriority<Block>(session: SessionState<Block>): void {
  const stream = session.streams.get(session.reader.streamId);
  if (stream === undefined) return;
  sendReset(session, stream, errorCode.frameSizeError);
  endStream(session, stream, { type: 'malformed', problem: 'PRIORITY of a wrong length' });
  afterStreamEnd(session);
}

/** A whole frame that is neither DATA nor ignored. */
function takeFrame<Block>(session: SessionState<Block>, body: Uint8Array): void {
  switch (session.reader.type) {
    case frameType.headers:
      takeHeaders(session, body);
      break;
    case frameType.continuation:
      takeContinuation(session, body);
      break;
    case frameType.windowUpdate:
      takeWindowUpdate(session, body);
      break;
    case frameType.rstStream:
      takeReset(session, body);
      break;
    case frameType.settings:
      takeSettings(session, body);
      break;
    case frameType.ping:
      takePing(session, body);
      break;
    case frameType.goAway:
      takeGoAway(session, body);
  }
}
