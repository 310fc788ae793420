import { yamuxLimits } from '../model/limits.js';
import { flag, goAwayCode, initialWindow } from './frame.js';
import {
  addStream,
  forgetStream,
  newStep,
  sendSyn,
  finishOpening,
  writeFlags,
  writeHeader,
  type SessionState,
  type SessionStep,
} from './session-state.js';
import { YamuxError } from './yamux-error.js';

/** The longest body of a frame, in bytes: a longer one would delay the other streams. */
export const maxBodyBytes = 64 * 1024;

const lastId = 2 ** 32 - 3;

/** Opens a stream; data may follow at once. Throws a {@link YamuxError} where no stream can be opened. */
export function openStream(session: SessionState): SessionStep & { readonly id: number } {
  if (session.failure !== null) throw session.failure;
  if (session.isPeerGoingAway || session.isGoingAway)
    throw new YamuxError(
      'going-away',
      session.isGoingAway
        ? 'This side has announced that it opens no more streams.'
        : 'The peer has announced that it accepts no more streams.',
    );
  if (session.streams.size >= yamuxLimits.streams)
    throw new YamuxError('limit-exceeded', `This session has ${yamuxLimits.streams} open streams.`);
  const id = session.nextId;
  if (id > lastId) throw new YamuxError('ids-exhausted', 'This session has used up its stream ids.');
  session.nextId += 2;
  const step = newStep();
  sendSyn(session, addStream(session, id, 'queued'), step);
  return { id, ...step };
}

/** Acknowledges a stream that the peer has opened. */
export function acceptStream(session: SessionState, id: number): SessionStep {
  const step = newStep();
  const stream = session.streams.get(id);
  if (stream?.opening !== 'synReceived') return step;
  finishOpening(session, stream, step);
  writeFlags(step, id, flag.ack);
  return step;
}

/** Sends one frame with as many of the bytes as the peer's window has room for: `sent` of them, perhaps none. */
export function sendData(
  session: SessionState,
  id: number,
  bytes: Uint8Array,
): SessionStep & { readonly sent: number } {
  const step = newStep();
  const stream = session.streams.get(id);
  if (stream === undefined || stream.opening === 'queued' || stream.isLocalClosed)
    return { sent: 0, ...step };
  const sent = Math.min(bytes.length, stream.sendWindow, maxBodyBytes);
  if (sent === 0) return { sent, ...step };
  stream.sendWindow -= sent;
  writeHeader(step, { type: 'data', flags: 0, streamId: id, length: sent });
  step.output.push(bytes.subarray(0, sent));
  return { sent, ...step };
}

/** Counts received bytes as read, and returns them to the peer as credit once they are half a window. */
export function consume(session: SessionState, id: number, length: number): SessionStep {
  const step = newStep();
  const stream = session.streams.get(id);
  if (stream === undefined || stream.isRemoteClosed) return step;
  stream.consumed += length;
  if (stream.consumed < initialWindow / 2) return step;
  writeHeader(step, { type: 'windowUpdate', flags: 0, streamId: id, length: stream.consumed });
  stream.receiveWindow += stream.consumed;
  stream.consumed = 0;
  return step;
}

/** Ends our direction of the stream. What the peer sends is still received. */
export function endStream(session: SessionState, id: number): SessionStep {
  const step = newStep();
  const stream = session.streams.get(id);
  if (stream === undefined || stream.isLocalClosed) return step;
  stream.isLocalClosed = true;
  if (stream.opening !== 'queued') writeFlags(step, id, flag.fin);
  if (stream.isRemoteClosed) forgetStream(session, stream, step);
  return step;
}

/**
 * Ends the stream without reading on. Not with a reset, which could discard bytes that the peer has not read yet; the
 * stream is reset only if the peer sends more.
 */
export function abandonStream(session: SessionState, id: number): SessionStep {
  const stream = session.streams.get(id);
  if (stream?.opening === 'queued') return resetStream(session, id);
  const step = endStream(session, id);
  if (stream !== undefined) stream.isAbandoned = true;
  return step;
}

/** Ends the stream in both directions at once. Bytes in flight are lost. */
export function resetStream(session: SessionState, id: number): SessionStep {
  const step = newStep();
  const stream = session.streams.get(id);
  if (stream === undefined) return step;
  if (stream.opening !== 'queued') writeFlags(step, id, flag.rst);
  forgetStream(session, stream, step);
  return step;
}

/** Sends a ping with a value that its answer repeats. */
export function sendPing(value: number): SessionStep {
  const step = newStep();
  writeHeader(step, { type: 'ping', flags: flag.syn, streamId: 0, length: value });
  return step;
}

/** Announces that no new streams are opened or accepted. Open streams continue. */
export function goAway(session: SessionState): SessionStep {
  const step = newStep();
  if (session.isGoingAway) return step;
  session.isGoingAway = true;
  writeHeader(step, { type: 'goAway', flags: 0, streamId: 0, length: goAwayCode.normal });
  return step;
}
