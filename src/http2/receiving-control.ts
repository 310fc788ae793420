import { http2Limits as limits } from '../model/limits.js';
import { errorCode, errorCodeName } from './error-code.js';
import {
  flag,
  frameType,
  largestWindow,
  readUint31,
  readUint32,
  setting,
  writeFrameHeader,
} from './frame.js';
import { writeBytes } from './output.js';
import { afterStreamEnd, makeReady } from './sending.js';
import {
  countUseless,
  endStream,
  overLimit,
  sendReset,
  tellOutput,
  violation,
  type SessionState,
} from './session-state.js';

/** More window for a stream or the connection. */
export function takeWindowUpdate<Block>(session: SessionState<Block>, body: Uint8Array): void {
  const { streamId } = session.reader;
  const increment = readUint31(body, 0);
  countUseless(session);
  if (streamId !== 0) takeStreamUpdate(session, streamId, increment);
  else if (increment === 0) violation(session, errorCode.protocolError, 'WINDOW_UPDATE with 0');
  else if (session.sendWindow + increment > largestWindow)
    violation(session, errorCode.flowControlError, 'WINDOW_UPDATE beyond the largest window');
  else {
    session.sendWindow += increment;
    if (session.ready.length > 0) tellOutput(session);
  }
}

function takeStreamUpdate<Block>(session: SessionState<Block>, id: number, increment: number): void {
  const stream = session.streams.get(id);
  if (stream === undefined) return;
  const isOverflow = stream.sendWindow + increment > largestWindow;
  if (increment > 0 && !isOverflow) {
    stream.sendWindow += increment;
    makeReady(session, stream);
    return;
  }
  sendReset(session, stream, isOverflow ? errorCode.flowControlError : errorCode.protocolError);
  const problem = isOverflow ? 'WINDOW_UPDATE beyond the largest window' : 'WINDOW_UPDATE with 0';
  endStream(session, stream, { type: 'malformed', problem });
  afterStreamEnd(session);
}

/** The server ends one stream. */
export function takeReset<Block>(session: SessionState<Block>, body: Uint8Array): void {
  const { streamId } = session.reader;
  const code = readUint32(body, 0);
  const stream = session.streams.get(streamId);
  if (stream === undefined) {
    if (!session.resets.delete(streamId)) countUseless(session);
    return;
  }
  endStream(session, stream, { type: 'reset', code, isProcessed: code !== errorCode.refusedStream });
  afterStreamEnd(session);
}

/** SETTINGS, or the server's word that it has applied ours. */
export function takeSettings<Block>(session: SessionState<Block>, body: Uint8Array): void {
  const isFirst = !session.isGreeted;
  if (!isFirst) countUseless(session);
  if ((session.reader.flags & flag.ack) !== 0) {
    // From here on the server uses no dynamic table, as this side's SETTINGS ask.
    session.decoder.allow(0);
    return;
  }
  if (isFirst) session.peer.maxConcurrentStreams = Infinity;
  for (let at = 0; at < body.length && session.failure === null; at += 6)
    applySetting(session, ((body[at] ?? 0) << 8) | (body[at + 1] ?? 0), readUint32(body, at + 2));
  if (session.failure !== null) return;
  session.isGreeted = true;
  answer(session, frameType.settings, new Uint8Array(0));
  if (isFirst) session.handler.greeted();
  afterStreamEnd(session);
}

function applySetting<Block>(session: SessionState<Block>, id: number, value: number): void {
  const { peer, encoder } = session;
  switch (id) {
    case setting.headerTableSize:
      encoder.allow(value);
      break;
    case setting.enablePush:
      if (value !== 0) violation(session, errorCode.protocolError, 'ENABLE_PUSH, which only clients send');
      break;
    case setting.maxConcurrentStreams:
      peer.maxConcurrentStreams = value;
      break;
    case setting.initialWindowSize:
      if (value > largestWindow)
        violation(session, errorCode.flowControlError, 'an initial window beyond the largest one');
      else changeInitialWindow(session, value);
      break;
    case setting.maxFrameSize:
      if (value < 16_384 || value > 16_777_215)
        violation(session, errorCode.protocolError, `the largest frame size ${value}`);
      else peer.frameSize = value;
      break;
    case setting.maxHeaderListSize:
      peer.headerList = value;
  }
}

/** All open streams change by the difference, and may be left with less than nothing. */
function changeInitialWindow<Block>(session: SessionState<Block>, value: number): void {
  const change = value - session.peer.initialWindow;
  session.peer.initialWindow = value;
  for (const stream of session.streams.values()) {
    stream.sendWindow += change;
    if (stream.sendWindow > largestWindow) {
      violation(session, errorCode.flowControlError, 'an initial window that makes one too large');
      return;
    }
    makeReady(session, stream);
  }
}

/** A PING is answered ahead of all that waits. */
export function takePing<Block>(session: SessionState<Block>, body: Uint8Array): void {
  countUseless(session);
  if ((session.reader.flags & flag.ack) === 0 && session.failure === null)
    answer(session, frameType.ping, body);
}

function answer<Block>(session: SessionState<Block>, type: number, body: Uint8Array): void {
  session.unsentAnswers += 1;
  if (session.unsentAnswers > limits.unsentAnswers) {
    overLimit(session, `${session.unsentAnswers} PING and SETTINGS frames without reading the answers`);
    return;
  }
  writeFrameHeader(session.output, type, flag.ack, 0, body.length);
  writeBytes(session.output, body);
  tellOutput(session);
}

/** The server takes no streams beyond the one it names. */
export function takeGoAway<Block>(session: SessionState<Block>, body: Uint8Array): void {
  const lastId = readUint31(body, 0);
  const code = readUint32(body, 4);
  if (session.lastTaken !== null && lastId > session.lastTaken) {
    violation(session, errorCode.protocolError, 'GOAWAY with a last stream beyond that of the one before');
    return;
  }
  if (session.lastTaken !== null) countUseless(session);
  const isFirst = session.lastTaken === null;
  session.lastTaken = lastId;
  if (code !== errorCode.noError) session.farewell = farewellOf(code, body.subarray(8));
  for (const stream of session.streams.values())
    if (stream.id > lastId) endStream(session, stream, { type: 'unprocessed' });
  if (isFirst) session.handler.leaving();
  for (const stream of session.waiting) endStream(session, stream, { type: 'unprocessed' });
  afterStreamEnd(session);
}

function farewellOf(code: number, debugData: Uint8Array): string {
  const text = Buffer.from(debugData.subarray(0, limits.debugData)).toString();
  return `${errorCodeName(code)}${text === '' ? '' : ` (${text})`}`;
}
