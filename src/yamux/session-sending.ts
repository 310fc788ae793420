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

/** Bodies are cut at this length, so that no stream keeps the others waiting for long. */
export const maxBodyBytes = 64 * 1024;

const lastId = 2 ** 32 - 3;

/** Opens a stream; data may follow at once. Throws a {@link YamuxError} where no stream can be had. */
export function openStream(session: SessionState): SessionStep & { readonly id: number } {
  if (session.failure !== null) throw session.failure;
  if (session.isPeerGoingAway || session.isGoingAway)
    throw new YamuxError(
      'going-away',
      session.isGoingAway
        ? 'This side has said that it opens no more streams.'
        : 'The peer has said that it takes no more streams.',
    );
  const id = session.nextId;
  if (id > lastId) throw new YamuxError('ids-exhausted', 'This session has used up its stream ids.');
  session.nextId += 2;
  const turn = newStep();
  sendSyn(session, addStream(session, id, 'queued'), turn);
  return { id, ...turn };
}

/** Acknowledges a stream that the peer has opened. */
export function acceptStream(session: SessionState, id: number): SessionStep {
  const turn = newStep();
  const stream = session.streams.get(id);
  if (stream?.opening !== 'synReceived') return turn;
  finishOpening(session, stream, turn);
  writeFlags(turn, id, flag.ack);
  return turn;
}

/** Sends one frame with as many of the bytes as the peer's window takes: `sent` of them, perhaps none. */
export function sendData(
  session: SessionState,
  id: number,
  bytes: Uint8Array,
): SessionStep & { readonly sent: number } {
  const turn = newStep();
  const stream = session.streams.get(id);
  if (stream === undefined || stream.opening === 'queued' || stream.isLocalClosed)
    return { sent: 0, ...turn };
  const sent = Math.min(bytes.length, stream.sendWindow, maxBodyBytes);
  if (sent === 0) return { sent, ...turn };
  stream.sendWindow -= sent;
  writeHeader(turn, { type: 'data', flags: 0, streamId: id, length: sent });
  turn.output.push(bytes.subarray(0, sent));
  return { sent, ...turn };
}

/** Says that this much of what was received has been read, so that the peer may send more. */
export function consume(session: SessionState, id: number, length: number): SessionStep {
  const turn = newStep();
  const stream = session.streams.get(id);
  if (stream === undefined || stream.isRemoteClosed) return turn;
  stream.consumed += length;
  if (stream.consumed < initialWindow / 2) return turn;
  writeHeader(turn, { type: 'windowUpdate', flags: 0, streamId: id, length: stream.consumed });
  stream.receiveWindow += stream.consumed;
  stream.consumed = 0;
  return turn;
}

/** Says that no more will be sent on the stream. What the peer sends is still received. */
export function endStream(session: SessionState, id: number): SessionStep {
  const turn = newStep();
  const stream = session.streams.get(id);
  if (stream === undefined || stream.isLocalClosed) return turn;
  stream.isLocalClosed = true;
  if (stream.opening !== 'queued') writeFlags(turn, id, flag.fin);
  if (stream.isRemoteClosed) forgetStream(session, stream, turn);
  return turn;
}

/**
 * Ends the stream without reading on. The peer can still read what it was sent, which a reset could take from
 * it; only if it sends more is the stream reset.
 */
export function abandonStream(session: SessionState, id: number): SessionStep {
  const stream = session.streams.get(id);
  if (stream?.opening === 'queued') return resetStream(session, id);
  const turn = endStream(session, id);
  if (stream !== undefined) stream.isAbandoned = true;
  return turn;
}

/** Ends the stream in both directions at once. What is on its way is lost. */
export function resetStream(session: SessionState, id: number): SessionStep {
  const turn = newStep();
  const stream = session.streams.get(id);
  if (stream === undefined) return turn;
  if (stream.opening !== 'queued') writeFlags(turn, id, flag.rst);
  forgetStream(session, stream, turn);
  return turn;
}

export function sendPing(value: number): SessionStep {
  const turn = newStep();
  writeHeader(turn, { type: 'ping', flags: flag.syn, streamId: 0, length: value });
  return turn;
}

/** Says that no new streams are wanted, in either direction. Those that are open go on. */
export function goAway(session: SessionState): SessionStep {
  const turn = newStep();
  if (session.isGoingAway) return turn;
  session.isGoingAway = true;
  writeHeader(turn, { type: 'goAway', flags: 0, streamId: 0, length: goAwayCode.normal });
  return turn;
}
