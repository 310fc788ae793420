import { yamuxLimits } from '../model/limits.js';
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

/** Applies a part of the peer's bytes to the session. */
export function receivePart(session: SessionState, part: FramePart, step: SessionStepDraft): void {
  if (part.type === 'header') receiveHeader(session, part.header, step);
  else if (part.type === 'body') receiveBody(session, part, step);
  else violation(session, step, part.problem);
}

function receiveHeader(session: SessionState, header: FrameHeader, step: SessionStepDraft): void {
  switch (header.type) {
    case 'ping':
      receivePing(header, step);
      return;
    case 'goAway':
      receiveGoAway(session, header.length, step);
      return;
    case 'data':
    case 'windowUpdate':
      receiveOfStream(session, header, step);
  }
}

function receivePing({ flags, length }: FrameHeader, step: SessionStepDraft): void {
  if (has(flags, flag.syn)) writeHeader(step, { type: 'ping', flags: flag.ack, streamId: 0, length });
  else step.events.push({ type: 'ping.answered', value: length });
}

function receiveGoAway(session: SessionState, code: number, step: SessionStepDraft): void {
  if (code === goAwayCode.normal) session.isPeerGoingAway = true;
  else if (code === goAwayCode.protocolError)
    fail(
      session,
      step,
      'peer-failed',
      'The peer ended the session: it reported a protocol error of this side.',
    );
  else if (code === goAwayCode.internalError)
    fail(session, step, 'peer-failed', 'The peer ended the session: it reported an internal error.');
  else violation(session, step, `a go-away with the unknown code ${code}`);
}

function receiveOfStream(session: SessionState, header: FrameHeader, step: SessionStepDraft): void {
  const { flags, streamId } = header;
  if (has(flags, flag.syn)) receiveOpening(session, streamId, step);
  const stream = session.streams.get(streamId);
  // Most likely a frame that was sent before our reset arrived. Its body is dropped likewise.
  if (stream === undefined || session.failure !== null) return;
  // Any frame acknowledges: hashicorp/yamux sends no ACK when it ends a stream before accepting it.
  if (stream.opening === 'synSent') {
    finishOpening(session, stream, step);
    step.events.push({ type: 'stream.accepted', id: streamId });
  }
  if (has(flags, flag.rst)) {
    step.events.push({ type: 'stream.reset', id: streamId });
    forgetStream(session, stream, step);
  } else if (header.type === 'data') receiveData(session, stream, header, step);
  else receiveCredit(session, stream, header, step);
}

function receiveOpening(session: SessionState, id: number, step: SessionStepDraft): void {
  const isTheirs = id !== 0 && (id % 2 === 0) === (session.role === 'client');
  if (!isTheirs) violation(session, step, `stream ${id} opened, an id that is not the peer's to choose`);
  else if (session.streams.has(id)) violation(session, step, `stream ${id} opened while it is open`);
  else if (session.isGoingAway || !hasRoom(session)) writeFlags(step, id, flag.rst);
  else {
    addStream(session, id, 'synReceived');
    session.unaccepted += 1;
    step.events.push({ type: 'stream.opened', id });
  }
}

function hasRoom({ unaccepted, backlog, streams }: SessionState): boolean {
  return unaccepted < backlog && streams.size < yamuxLimits.streams;
}

function receiveCredit(
  session: SessionState,
  stream: StreamState,
  { flags, length }: FrameHeader,
  step: SessionStepDraft,
): void {
  stream.sendWindow += length;
  if (length > 0 && !stream.isLocalClosed) step.events.push({ type: 'stream.credited', id: stream.id });
  if (has(flags, flag.fin)) receiveEnd(session, stream, step);
}

function receiveData(
  session: SessionState,
  stream: StreamState,
  { flags, length }: FrameHeader,
  step: SessionStepDraft,
): void {
  if (length > stream.receiveWindow) {
    const room = stream.receiveWindow;
    violation(session, step, `${length} bytes on stream ${stream.id}, whose window has room for ${room}`);
    return;
  }
  stream.receiveWindow -= length;
  if (length === 0 && has(flags, flag.fin)) receiveEnd(session, stream, step);
}

function receiveBody(
  session: SessionState,
  { header, bytes, rest }: Extract<FramePart, { type: 'body' }>,
  step: SessionStepDraft,
): void {
  const stream = session.streams.get(header.streamId);
  if (stream === undefined) return;
  if (stream.isAbandoned) {
    writeFlags(step, stream.id, flag.rst);
    forgetStream(session, stream, step);
    return;
  }
  // In hashicorp/yamux a close can overtake an earlier write: such bytes are dropped.
  if (!stream.isRemoteClosed) step.events.push({ type: 'stream.received', id: stream.id, bytes });
  if (rest === 0 && has(header.flags, flag.fin)) receiveEnd(session, stream, step);
}

function receiveEnd(session: SessionState, stream: StreamState, step: SessionStepDraft): void {
  if (stream.isRemoteClosed) {
    violation(session, step, `a second end of stream ${stream.id}`);
    return;
  }
  stream.isRemoteClosed = true;
  step.events.push({ type: 'stream.ended', id: stream.id });
  if (stream.isLocalClosed) forgetStream(session, stream, step);
}

function violation(session: SessionState, step: SessionStepDraft, what: string): void {
  writeHeader(step, { type: 'goAway', flags: 0, streamId: 0, length: goAwayCode.protocolError });
  fail(session, step, 'protocol-violated', `The peer broke the yamux protocol: it sent ${what}.`);
}

function fail(session: SessionState, step: SessionStepDraft, reason: YamuxReason, message: string): void {
  session.failure = new YamuxError(reason, message);
  step.events.push({ type: 'session.failed', error: session.failure });
}

function has(flags: number, wanted: number): boolean {
  return (flags & wanted) !== 0;
}
