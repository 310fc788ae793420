import { createFrameDecoder } from './frame-decoder.js';
import { receivePart } from './session-receiving.js';
import * as sending from './session-sending.js';
import { createSessionState, newStep, type Role, type SessionStep } from './session-state.js';

/** How many streams of one side may wait for the other side to accept them. The reference's own number. */
export const defaultBacklog = 256;

/**
 * One side of a yamux session as a state machine over frames: bytes and wishes go in, bytes and facts come out.
 * It knows no socket and no time. After `session.failed` it does nothing any more.
 */
export interface SessionCore {
  /** Takes the next bytes of the peer. */
  receive(chunk: Uint8Array): SessionStep;
  open(): SessionStep & { readonly id: number };
  accept(id: number): SessionStep;
  send(id: number, bytes: Uint8Array): SessionStep & { readonly sent: number };
  consume(id: number, length: number): SessionStep;
  end(id: number): SessionStep;
  abandon(id: number): SessionStep;
  reset(id: number): SessionStep;
  ping(value: number): SessionStep;
  goAway(): SessionStep;
}

export function createSessionCore(role: Role, backlog = defaultBacklog): SessionCore {
  const session = createSessionState(role, backlog);
  const decoder = createFrameDecoder();
  const whileAlive = (turn: () => SessionStep): SessionStep =>
    session.failure === null ? turn() : newStep();

  return {
    receive(chunk) {
      const turn = newStep();
      for (const part of session.failure === null ? decoder.push(chunk) : []) {
        receivePart(session, part, turn);
        if (session.failure !== null) break;
      }
      return turn;
    },
    open: () => sending.openStream(session),
    accept: (id) => whileAlive(() => sending.acceptStream(session, id)),
    send: (id, bytes) =>
      session.failure === null ? sending.sendData(session, id, bytes) : { sent: 0, ...newStep() },
    consume: (id, length) => whileAlive(() => sending.consume(session, id, length)),
    end: (id) => whileAlive(() => sending.endStream(session, id)),
    abandon: (id) => whileAlive(() => sending.abandonStream(session, id)),
    reset: (id) => whileAlive(() => sending.resetStream(session, id)),
    ping: (value) => whileAlive(() => sending.sendPing(value)),
    goAway: () => whileAlive(() => sending.goAway(session)),
  };
}
