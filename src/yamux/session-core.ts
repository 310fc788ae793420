import { createFrameDecoder } from './frame-decoder.js';
import { receivePart } from './session-receiving.js';
import * as sending from './session-sending.js';
import { createSessionState, newStep, type Role, type SessionStep } from './session-state.js';

/** How many streams of one side may wait for the other side to accept them. The number of hashicorp/yamux. */
export const defaultBacklog = 256;

/**
 * One side of a yamux session as a state machine over frames: bytes and calls go in, bytes and events come out. It has
 * no socket and no time. After `session.failed` it does nothing any more.
 */
export interface SessionCore {
  /** Takes the next bytes of the peer. */
  receive(chunk: Uint8Array): SessionStep;
  /** Opens a stream; data may follow at once. Throws a `YamuxError` where no stream can be opened. */
  open(): SessionStep & { readonly id: number };
  /** Acknowledges a stream of the peer. */
  accept(id: number): SessionStep;
  /** Sends as many of the bytes as the peer's window has room for: `sent`, which may be 0. */
  send(id: number, bytes: Uint8Array): SessionStep & { readonly sent: number };
  /** Returns credit to the peer for bytes that were read. */
  consume(id: number, length: number): SessionStep;
  /** Ends our direction of a stream. */
  end(id: number): SessionStep;
  /** Ends our direction, and resets the stream if the peer sends more. */
  abandon(id: number): SessionStep;
  /** Ends both directions of a stream at once. */
  reset(id: number): SessionStep;
  /** Sends a ping; its answer is the event `ping.answered` with the same value. */
  ping(value: number): SessionStep;
  /** Announces that no new streams are accepted or opened. */
  goAway(): SessionStep;
}

/** A session with no streams. `backlog` bounds the streams of each side that are not accepted yet. */
export function createSessionCore(role: Role, backlog = defaultBacklog): SessionCore {
  const session = createSessionState(role, backlog);
  const decoder = createFrameDecoder();
  const unlessFailed = (action: () => SessionStep): SessionStep =>
    session.failure === null ? action() : newStep();

  return {
    receive(chunk) {
      const step = newStep();
      for (const part of session.failure === null ? decoder.push(chunk) : []) {
        receivePart(session, part, step);
        if (session.failure !== null) break;
      }
      return step;
    },
    open: () => sending.openStream(session),
    accept: (id) => unlessFailed(() => sending.acceptStream(session, id)),
    send: (id, bytes) =>
      session.failure === null ? sending.sendData(session, id, bytes) : { sent: 0, ...newStep() },
    consume: (id, length) => unlessFailed(() => sending.consume(session, id, length)),
    end: (id) => unlessFailed(() => sending.endStream(session, id)),
    abandon: (id) => unlessFailed(() => sending.abandonStream(session, id)),
    reset: (id) => unlessFailed(() => sending.resetStream(session, id)),
    ping: (value) => unlessFailed(() => sending.sendPing(value)),
    goAway: () => unlessFailed(() => sending.goAway(session)),
  };
}
