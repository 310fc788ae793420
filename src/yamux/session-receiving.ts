import type { FramePart } from './frame-decoder.js';
import { flag, goAwayCode, type FrameHeader } from './frame.js';
import {
  addStream,
  forgetStream,
  finishOpening,
  writeFlags,
  writeHeader,
  type SessionStepDraft,
  type SessionState,
  type StreamState,
} from './session-state.js';
import { YamuxError, type YamuxReason } from './yamux-error.js';

/** What a part of the peer's bytes means for the session. */
export function receivePart(session: SessionState, part: FramePart, turn: SessionStepDraft): void {
  if (part.type === 'header') receiveHeader(session, part.header, turn);
  else if (part.type === 'body') receiveBody(session, part, turn);
  else violation(session, turn, part.problem);
}

function receiveHeader(session: SessionState, header: FrameHeader, turn: SessionStepDraft): void {
  switch (header.type) {
    case 'ping':
      receivePing(header, turn);
      return;
    case 'goAway':
      receiveGoAway(session, header.length, turn);
      return;
    case 'data':
    case 'windowUpdate':
      receiveOfStream(session, header, turn);
  }
}

function receivePing({ flags, length }: FrameHeader, turn: SessionStepDraft): void {
  if (has(flags, flag.syn)) writeHeader(turn, { type: 'ping', flags: flag.ack, streamId: 0, length });
  else turn.events.push({ type: 'ping.answered', value: length });
}

function receiveGoAway(session: SessionState, code: number, turn: SessionStepDraft): void {
  if (code === goAwayCode.normal) session.isPeerGoingAway = true;
  else if (code === goAwayCode.protocolError)
    fail(session, turn, 'peer-failed', 'The peer ended the session: it says that the protocol was broken.');
  else if (code === goAwayCode.internalError)
    fail(session, turn, 'peer-failed', 'The peer ended the session: it failed inside.');
  else violation(session, turn, `a go-away with the unknown code ${code}`);
}

function receiveOfStream(session: SessionState, header: FrameHeader, turn: SessionStepDraft): void {
  const { flags, streamId } = header;
  if (has(flags, flag.syn)) receiveOpening(session, streamId, turn);
  const stream = session.streams.get(streamId);
  // Frames that crossed our reset, most likely. Their bodies find no stream either.
  if (stream === undefined || session.failure !== null) return;
  // Any frame will do: the reference leaves the acknowledgement out when it ends a stream before accepting it.
  if (stream.opening === 'synSent') {
    finishOpening(session, stream, turn);
    turn.events.push({ type: 'stream.accepted', id: streamId });
  }
  if (has(flags, flag.rst)) {
    turn.events.push({ type: 'stream.reset', id: streamId });
    forgetStream(session, stream, turn);
  } else if (header.type === 'data') receiveData(session, stream, header, turn);
  else receiveCredit(session, stream, header, turn);
}

function receiveOpening(session: SessionState, id: number, turn: SessionStepDraft): void {
  const isTheirs = id !== 0 && (id % 2 === 0) === (session.role === 'client');
  if (!isTheirs) violation(session, turn, `stream ${id} opened, an id that is not the peer's to choose`);
  else if (session.streams.has(id)) violation(session, turn, `stream ${id} opened while it is open`);
  else if (session.isGoingAway || session.unaccepted >= session.backlog) writeFlags(turn, id, flag.rst);
  else {
    addStream(session, id, 'synReceived');
    session.unaccepted += 1;
    turn.events.push({ type: 'stream.opened', id });
  }
}

function receiveCredit(
  session: SessionState,
  stream: StreamState,
  { flags, length }: FrameHeader,
  turn: SessionStepDraft,
): void {
  stream.sendWindow += length;
  if (length > 0 && !stream.isLocalClosed) turn.events.push({ type: 'stream.credited', id: stream.id });
  if (has(flags, flag.fin)) receiveEnd(session, stream, turn);
}

function receiveData(
  session: SessionState,
  stream: StreamState,
  { flags, length }: FrameHeader,
  turn: SessionStepDraft,
): void {
  if (length > stream.receiveWindow) {
    const room = stream.receiveWindow;
    violation(session, turn, `${length} bytes on stream ${stream.id}, whose window has room for ${room}`);
    return;
  }
  stream.receiveWindow -= length;
  if (length === 0 && has(flags, flag.fin)) receiveEnd(session, stream, turn);
}

function receiveBody(
  session: SessionState,
  { header, bytes, rest }: Extract<FramePart, { type: 'body' }>,
  turn: SessionStepDraft,
): void {
  const stream = session.streams.get(header.streamId);
  if (stream === undefined) return;
  if (stream.isAbandoned) {
    writeFlags(turn, stream.id, flag.rst);
    forgetStream(session, stream, turn);
    return;
  }
  // In the reference a write can be overtaken by the close that came after it: such bytes are dropped.
  if (!stream.isRemoteClosed) turn.events.push({ type: 'stream.received', id: stream.id, bytes });
  if (rest === 0 && has(header.flags, flag.fin)) receiveEnd(session, stream, turn);
}

function receiveEnd(session: SessionState, stream: StreamState, turn: SessionStepDraft): void {
  if (stream.isRemoteClosed) {
    violation(session, turn, `a second end of stream ${stream.id}`);
    return;
  }
  stream.isRemoteClosed = true;
  turn.events.push({ type: 'stream.ended', id: stream.id });
  if (stream.isLocalClosed) forgetStream(session, stream, turn);
}

function violation(session: SessionState, turn: SessionStepDraft, what: string): void {
  writeHeader(turn, { type: 'goAway', flags: 0, streamId: 0, length: goAwayCode.protocolError });
  fail(session, turn, 'protocol-violated', `The peer broke the yamux protocol: it sent ${what}.`);
}

function fail(session: SessionState, turn: SessionStepDraft, reason: YamuxReason, message: string): void {
  session.failure = new YamuxError(reason, message);
  turn.events.push({ type: 'session.failed', error: session.failure });
}

function has(flags: number, wanted: number): boolean {
  return (flags & wanted) !== 0;
}
