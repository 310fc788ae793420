import { Metadata, status as code, type CallCredentials, type StatusObject } from '@grpc/grpc-js';
import { constants, type ClientHttp2Stream } from 'node:http2';
import { messageOf } from '../../model/index.js';
import type { Call } from '../grpc/waiting-call.js';
import type { Http2Connection } from './connection.js';
import { atDeadline, type Deadline } from './deadline.js';
import { requestHeaders, signed } from './headers.js';
import { createIncoming, type Incoming } from './incoming.js';
import { listen } from './listen.js';
import { createOutgoing, type Outgoing } from './outgoing.js';
import { statusOf } from './status.js';

/** What a call is about, beside its metadata and messages. */
export interface CallTarget {
  /** For example `/proto.KV/Get`. */
  readonly method: string;
  readonly deadline: Deadline;
  /** In the place of the connection's own name. */
  readonly host: string | null | undefined;
}

let lastNumber = 0;

/** One call over one connection, as grpc-js's clients ask for it. It ends with exactly one status, whatever happens. */
export function createHttp2Call(connection: Http2Connection, target: CallTarget): Call {
  const number = (lastNumber += 1);
  let credentials: CallCredentials | null = null;
  let stream: ClientHttp2Stream | null = null;
  let outgoing: Outgoing | null = null;
  let incoming: Incoming | null = null;
  let callOff = (): void => undefined;
  /** What was asked of the call before it had its stream. */
  let early: (() => void)[] = [];

  const whenOpen = (step: () => void): void => {
    if (outgoing !== null) step();
    else early.push(step);
  };
  const open = (metadata: Metadata): void => {
    if (incoming === null || incoming.isOver()) return;
    try {
      stream = connection.session.request(requestHeaders(connection, target, metadata));
    } catch (error) {
      incoming.abort(statusOf(code.UNAVAILABLE, `The call could not be sent: ${messageOf(error)}`));
      return;
    }
    listen(stream, incoming);
    outgoing = createOutgoing(stream);
    for (const step of early.splice(0)) step();
  };
  const cancel = (status: StatusObject): void => {
    if (incoming !== null) incoming.abort(status);
    else early.unshift(() => incoming?.abort(status));
  };

  return {
    start(metadata, listener) {
      incoming = createIncoming(listener, {
        pause: () => stream?.pause(),
        resume: () => stream?.resume(),
        close(by) {
          callOff();
          early = [];
          if (stream !== null) letGo(stream, by);
        },
      });
      callOff = atDeadline(target.deadline, () => {
        cancel(statusOf(code.DEADLINE_EXCEEDED, 'Deadline exceeded'));
      });
      if (credentials === null) open(metadata);
      else
        void signed(metadata, credentials, connection, target).then((outcome) => {
          if (outcome instanceof Metadata) open(outcome);
          else cancel(outcome);
        });
    },
    sendMessageWithContext(context, message: Buffer) {
      whenOpen(() => outgoing?.send(context, message));
    },
    halfClose() {
      whenOpen(() => outgoing?.end());
    },
    startRead() {
      incoming?.ask();
    },
    cancelWithStatus(status, details) {
      cancel(statusOf(status, details));
    },
    setCredentials(given) {
      credentials = credentials?.compose(given) ?? given;
    },
    getPeer: () => connection.peer,
    getCallNumber: () => number,
    getAuthContext: () => connection.authContext,
  };
}

/** The call is over: what its stream still has is thrown away, and a server that goes on is told to stop. */
function letGo(stream: ClientHttp2Stream, by: 'server' | 'us'): void {
  if (stream.destroyed || stream.closed) return;
  stream.resume();
  if (by === 'us' || !stream.writableEnded) stream.close(constants.NGHTTP2_CANCEL);
}
