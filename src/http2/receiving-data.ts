import { http2Limits as limits } from '../model/limits.js';
import { errorCode } from './error-code.js';
import { flag, frameType, writeNumberFrame } from './frame.js';
import { afterStreamEnd, giveBack } from './sending.js';
import {
  countUseless,
  endStream,
  forgetStream,
  sendReset,
  tellOutput,
  violation,
  type SessionState,
} from './session-state.js';
import type { StreamState } from './stream.js';

/** The header of a DATA frame: what it takes from the windows, its padding counted. */
export function beginData<Block>(session: SessionState<Block>, length: number): void {
  const { reader } = session;
  const stream = session.streams.get(reader.streamId);
  reader.padding = 0;
  reader.isPaddingNext = (reader.flags & flag.padded) !== 0;
  if (reader.isPaddingNext && length === 0) {
    violation(session, errorCode.frameSizeError, 'a padded frame without the length of its padding');
    return;
  }
  takeConnectionWindow(session, length);
  if (stream === undefined) takeOfReset(session, length);
  else takeStreamWindow(session, stream, length);
  if (length > 0 || session.failure !== null) return;
  if ((reader.flags & flag.endStream) === 0) countUseless(session);
  endData(session);
}

/** The connection's window is given back on receipt: each stream is held by its own. */
function takeConnectionWindow<Block>(session: SessionState<Block>, length: number): void {
  session.owed += length;
  if (session.owed < limits.connectionWindow / 2) return;
  writeNumberFrame(session.output, frameType.windowUpdate, 0, session.owed);
  session.owed = 0;
  tellOutput(session);
}

/** What comes for a stream that was reset here: no more than its window allowed. */
function takeOfReset<Block>(session: SessionState<Block>, length: number): void {
  const { resets, reader } = session;
  const left = resets.get(reader.streamId);
  if (left === undefined) countUseless(session);
  else if (length > left) windowExceeded(session);
  else resets.set(reader.streamId, left - length);
}

function takeStreamWindow<Block>(
  session: SessionState<Block>,
  stream: StreamState<Block>,
  length: number,
): void {
  if (length > stream.receiveWindow) {
    windowExceeded(session);
    return;
  }
  stream.receiveWindow -= length;
  stream.owed += length;
  if (!stream.hasResponse) {
    sendReset(session, stream, errorCode.protocolError);
    endStream(session, stream, { type: 'malformed', problem: 'a body without headers' });
    afterStreamEnd(session);
  } else if ((session.reader.flags & flag.endStream) === 0) giveBack(session, stream);
}

function windowExceeded<Block>(session: SessionState<Block>): void {
  violation(
    session,
    errorCode.flowControlError,
    `more on stream ${session.reader.streamId} than its window allows`,
  );
}

/** The next bytes of a DATA frame's body. */
export function readData<Block>(session: SessionState<Block>, chunk: Uint8Array, at: number): number {
  const { reader } = session;
  if (reader.isPaddingNext) {
    readPaddingLength(session, chunk[at] ?? 0);
    if (reader.rest === 0 && session.failure === null) endData(session);
    return at + 1;
  }
  const isBody = reader.rest > reader.padding;
  const length = Math.min(isBody ? reader.rest - reader.padding : reader.rest, chunk.length - at);
  reader.rest -= length;
  if (isBody) {
    const stream = session.streams.get(reader.streamId);
    if (stream !== undefined) {
      session.uselessFrames = 0;
      stream.handler.data(stream.owner, chunk.subarray(at, at + length));
    }
  }
  if (reader.rest === 0 && session.failure === null) endData(session);
  return at + length;
}

function readPaddingLength<Block>(session: SessionState<Block>, padding: number): void {
  const { reader } = session;
  reader.isPaddingNext = false;
  reader.padding = padding;
  reader.rest -= 1;
  if (padding > reader.rest)
    violation(session, errorCode.protocolError, 'a frame with more padding than bytes');
  else if (padding === reader.rest && (reader.flags & flag.endStream) === 0) countUseless(session);
}

function endData<Block>(session: SessionState<Block>): void {
  const { reader } = session;
  if ((reader.flags & flag.endStream) === 0) return;
  const stream = session.streams.get(reader.streamId);
  if (stream === undefined) session.resets.delete(reader.streamId);
  else finishStream(session, stream);
}

/** The server has ended the stream. If this side has not, a reset announces that nothing more follows. */
export function finishStream<Block>(session: SessionState<Block>, stream: StreamState<Block>): void {
  if (!stream.isEndedHere) sendReset(session, stream, errorCode.cancel);
  session.resets.delete(stream.id);
  forgetStream(session, stream);
  stream.handler.end(stream.owner);
  afterStreamEnd(session);
}
