import { encodeHeader, flag, initialWindow, type FrameHeader } from './frame.js';
import type { YamuxError } from './yamux-error.js';

/** Who opened the connection. It decides nothing but the ids: a client's streams are odd, a server's even. */
export type Role = 'client' | 'server';

/** What has happened in a session, as far as its owner must know. */
export type SessionEvent =
  /** The peer opened a stream. It waits until it is accepted. */
  | { readonly type: 'stream.opened'; readonly id: number }
  /** The peer has taken a stream that we opened. */
  | { readonly type: 'stream.accepted'; readonly id: number }
  | { readonly type: 'stream.received'; readonly id: number; readonly bytes: Uint8Array }
  /** More may be sent on the stream than before. */
  | { readonly type: 'stream.credited'; readonly id: number }
  /** The peer sends no more on this stream; it may still read. */
  | { readonly type: 'stream.ended'; readonly id: number }
  | { readonly type: 'stream.reset'; readonly id: number }
  /** The session has forgotten the stream: both sides have ended it, or one has reset it. Its last fact. */
  | { readonly type: 'stream.closed'; readonly id: number }
  | { readonly type: 'ping.answered'; readonly value: number }
  /** Nothing is sent or received any more; the output of this turn is the last. */
  | { readonly type: 'session.failed'; readonly error: YamuxError };

/** What one step of a session brings about: bytes to write, in order, and what is to be known. */
export interface SessionStep {
  readonly output: readonly Uint8Array[];
  readonly events: readonly SessionEvent[];
}

/** A turn while it is being made. */
export interface SessionStepDraft {
  readonly output: Uint8Array[];
  readonly events: SessionEvent[];
}

export interface StreamState {
  readonly id: number;
  /**
   * Ours are `queued` until the peer's backlog has room, then `offered` until it answers. The peer's are
   * `held` until they are accepted.
   */
  opening: 'queued' | 'synSent' | 'synReceived' | 'established';
  /** What we may still send. */
  sendWindow: number;
  /** What the peer may still send. */
  receiveWindow: number;
  /** Received and read, but not yet given back to the peer as credit. */
  consumed: number;
  isLocalClosed: boolean;
  isRemoteClosed: boolean;
  /** Nobody here reads it any more. */
  isAbandoned: boolean;
}

export interface SessionState {
  readonly role: Role;
  readonly backlog: number;
  readonly streams: Map<number, StreamState>;
  nextId: number;
  unacknowledged: number;
  unaccepted: number;
  isGoingAway: boolean;
  isPeerGoingAway: boolean;
  failure: YamuxError | null;
}

export function createSessionState(role: Role, backlog: number): SessionState {
  return {
    role,
    backlog,
    streams: new Map(),
    nextId: role === 'client' ? 1 : 2,
    unacknowledged: 0,
    unaccepted: 0,
    isGoingAway: false,
    isPeerGoingAway: false,
    failure: null,
  };
}

export function addStream(session: SessionState, id: number, opening: StreamState['opening']): StreamState {
  const stream: StreamState = {
    id,
    opening,
    sendWindow: initialWindow,
    receiveWindow: initialWindow,
    consumed: 0,
    isLocalClosed: false,
    isRemoteClosed: false,
    isAbandoned: false,
  };
  session.streams.set(id, stream);
  return stream;
}

export function newStep(): SessionStepDraft {
  return { output: [], events: [] };
}

export function writeHeader(turn: SessionStepDraft, header: FrameHeader): void {
  turn.output.push(encodeHeader(header));
}

/** A window update without credit is how a flag travels alone. */
export function writeFlags(turn: SessionStepDraft, streamId: number, flags: number): void {
  writeHeader(turn, { type: 'windowUpdate', flags, streamId, length: 0 });
}

/** Takes a stream out of the session; its place in a backlog goes to the next one. */
export function forgetStream(session: SessionState, stream: StreamState, turn: SessionStepDraft): void {
  finishOpening(session, stream, turn);
  session.streams.delete(stream.id);
  turn.events.push({ type: 'stream.closed', id: stream.id });
}

/** Ends the opening of a stream, whichever side it comes from, and offers the next one of ours. */
export function finishOpening(session: SessionState, stream: StreamState, turn: SessionStepDraft): void {
  const { opening } = stream;
  stream.opening = 'established';
  if (opening === 'synReceived') session.unaccepted -= 1;
  if (opening !== 'synSent') return;
  session.unacknowledged -= 1;
  for (const next of session.streams.values()) {
    if (next.opening !== 'queued') continue;
    sendSyn(session, next, turn);
    return;
  }
}

/** Tells the peer of a new stream of ours, if its backlog has room; otherwise the stream stays queued. */
export function sendSyn(session: SessionState, stream: StreamState, turn: SessionStepDraft): void {
  if (session.unacknowledged >= session.backlog) return;
  session.unacknowledged += 1;
  stream.opening = 'synSent';
  writeFlags(turn, stream.id, flag.syn);
  // It may have been ended while it was queued.
  if (stream.isLocalClosed) writeFlags(turn, stream.id, flag.fin);
  else turn.events.push({ type: 'stream.credited', id: stream.id });
}
