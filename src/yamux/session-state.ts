import { encodeHeader, flag, initialWindow, type FrameHeader } from './frame.js';
import type { YamuxError } from './yamux-error.js';

/** Which side opened the connection. It decides only the ids: a client's streams are odd, a server's even. */
export type Role = 'client' | 'server';

/** What has happened in a session. */
export type SessionEvent =
  /** The peer opened a stream. It waits until it is accepted. */
  | { readonly type: 'stream.opened'; readonly id: number }
  /** The peer has accepted a stream that we opened. */
  | { readonly type: 'stream.accepted'; readonly id: number }
  | { readonly type: 'stream.received'; readonly id: number; readonly bytes: Uint8Array }
  /** More bytes may be sent on the stream. */
  | { readonly type: 'stream.credited'; readonly id: number }
  /** The peer sends no more on this stream; it may still read. */
  | { readonly type: 'stream.ended'; readonly id: number }
  | { readonly type: 'stream.reset'; readonly id: number }
  /** The stream is gone: both sides have ended it, or one has reset it. Its last event. */
  | { readonly type: 'stream.closed'; readonly id: number }
  | { readonly type: 'ping.answered'; readonly value: number }
  /** No more bytes are sent or received; the output of this step is the last. */
  | { readonly type: 'session.failed'; readonly error: YamuxError };

/** The result of one call or chunk: bytes to write, in order, and events. */
export interface SessionStep {
  readonly output: readonly Uint8Array[];
  readonly events: readonly SessionEvent[];
}

/** A step while it is being made. */
export interface SessionStepDraft {
  readonly output: Uint8Array[];
  readonly events: SessionEvent[];
}

/** One stream of a session. */
export interface StreamState {
  readonly id: number;
  /**
   * Our streams are `queued` until the peer's backlog has room, then `synSent` until it answers. Those of the peer are
   * `synReceived` until they are accepted.
   */
  opening: 'queued' | 'synSent' | 'synReceived' | 'established';
  /** How many bytes we may still send. */
  sendWindow: number;
  /** How many bytes the peer may still send. */
  receiveWindow: number;
  /** How many bytes were read and not yet returned to the peer as credit. */
  consumed: number;
  isLocalClosed: boolean;
  isRemoteClosed: boolean;
  /** This side does not read it any more. */
  isAbandoned: boolean;
}

/** The whole state of one side of a session; it is changed in place. */
export interface SessionState {
  readonly role: Role;
  readonly backlog: number;
  readonly streams: Map<number, StreamState>;
  nextId: number;
  /** How many of our streams are `synSent`. */
  unacknowledged: number;
  /** How many of the peer's streams are `synReceived`. */
  unaccepted: number;
  isGoingAway: boolean;
  isPeerGoingAway: boolean;
  failure: YamuxError | null;
}

/** The state of a new session. */
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

/** Adds a stream with full windows. */
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

/** A step without output or events. */
export function newStep(): SessionStepDraft {
  return { output: [], events: [] };
}

/** Appends the header of a frame to the output. */
export function writeHeader(step: SessionStepDraft, header: FrameHeader): void {
  step.output.push(encodeHeader(header));
}

/** Sends flags alone, as a window update without credit. */
export function writeFlags(step: SessionStepDraft, streamId: number, flags: number): void {
  writeHeader(step, { type: 'windowUpdate', flags, streamId, length: 0 });
}

/** Removes a stream from the session; its place in a backlog goes to the next one. */
export function forgetStream(session: SessionState, stream: StreamState, step: SessionStepDraft): void {
  finishOpening(session, stream, step);
  session.streams.delete(stream.id);
  step.events.push({ type: 'stream.closed', id: stream.id });
}

/** Marks a stream of either side as established, and sends the SYN of our next queued one. */
export function finishOpening(session: SessionState, stream: StreamState, step: SessionStepDraft): void {
  const { opening } = stream;
  stream.opening = 'established';
  if (opening === 'synReceived') session.unaccepted -= 1;
  if (opening !== 'synSent') return;
  session.unacknowledged -= 1;
  for (const next of session.streams.values()) {
    if (next.opening !== 'queued') continue;
    sendSyn(session, next, step);
    return;
  }
}

/** Sends the SYN of a stream of ours if the peer's backlog has room; otherwise the stream stays queued. */
export function sendSyn(session: SessionState, stream: StreamState, step: SessionStepDraft): void {
  if (session.unacknowledged >= session.backlog) return;
  session.unacknowledged += 1;
  stream.opening = 'synSent';
  writeFlags(step, stream.id, flag.syn);
  // It may have been ended while it was queued.
  if (stream.isLocalClosed) writeFlags(step, stream.id, flag.fin);
  else step.events.push({ type: 'stream.credited', id: stream.id });
}
