import { Metadata, status as code, type CallCredentials, type StatusObject } from '@grpc/grpc-js';
import { constants, type ClientHttp2Stream } from 'node:http2';
import { messageOf } from '../../model/index.js';
import type { Call } from '../grpc/pending-call.js';
import { isUsable, type Http2Connection } from './connection.js';
import { atDeadline, hasPassed, type Deadline } from '../grpc/deadline.js';
import { requestHeaders, signed } from './headers.js';
import { createIncoming, type Incoming } from './incoming.js';
import { listen } from './listen.js';
import { calledBack, createOutgoing, type Outgoing, type Sending } from './outgoing.js';
import { statusOf } from './status.js';

/** What a call is about, beside its metadata and messages. */
export interface CallTarget {
  /** For example `/proto.KV/Get`. */
  readonly method: string;
  readonly deadline: Deadline;
  /** In the place of the connection's own name. */
  readonly host: string | null | undefined;
}

/** Who needs a connection. */
export interface PendingHttp2Call {
  /** Called at once where there is a connection, and later where one has to be made. */
  start(connection: Http2Connection): void;
  fail(status: StatusObject): void;
}

/** Where calls get their connection. */
export interface ConnectionQueue {
  /** For example `unix:/run/…/plugin123`. */
  readonly target: string;
  request(guest: PendingHttp2Call, waitForReady: boolean): void;
  cancel(guest: PendingHttp2Call): void;
}

let lastNumber = 0;

/** One call, as grpc-js's clients ask for it. Once started, it ends with exactly one status, whatever happens. */
export function createHttp2Call(target: CallTarget, connections: ConnectionQueue): Call {
  const number = (lastNumber += 1);
  let metadata = new Metadata();
  let credentials: CallCredentials | null = null;
  let connection: Http2Connection | null = null;
  let stream: ClientHttp2Stream | null = null;
  let outgoing: Outgoing | null = null;
  let incoming: Incoming | null = null;
  let cancelDeadline = (): void => undefined;
  /** What was to be sent before the call had its stream; `null` is the end. */
  const early: (Sending | null)[] = [];
  /** Asked for before the start: interceptors may take their time over that. */
  let isReadEarly = false;
  /** What ended it before it was started. */
  let failedBeforeStart: StatusObject | null = null;

  const pendingCall: PendingHttp2Call = {
    start(next) {
      connection = next;
      if (credentials === null) open(next, metadata);
      else
        void signed(metadata, credentials, next, target).then((outcome) => {
          if (outcome instanceof Metadata) open(next, outcome);
          else cancel(outcome);
        });
    },
    fail: cancel,
  };

  function open(over: Http2Connection, whole: Metadata): void {
    if (incoming === null || incoming.isOver()) return;
    if (!isUsable(over)) {
      // Lost while the call was signed: as it was never sent, it may go over another one.
      connections.request(pendingCall, isForReady(metadata));
      return;
    }
    try {
      stream = over.session.request(requestHeaders(over, target, whole));
    } catch (error) {
      cancel(statusOf(code.INTERNAL, `The call could not be sent: ${messageOf(error)}`));
      return;
    }
    listen(stream, incoming, { session: over.session, deadline: target.deadline });
    outgoing = createOutgoing(stream);
    for (const next of early.splice(0)) send(next);
  }
  function send(next: Sending | null): void {
    if (outgoing === null) early.push(next);
    else if (next === null) outgoing.end();
    else outgoing.send(next);
    if (stream === null && incoming?.isOver() === true) forget();
  }
  /** Writers are called back whatever happens: they may wait for it. */
  function forget(): void {
    for (const next of early.splice(0)) if (next !== null) calledBack(next.context);
  }
  function cancel(status: StatusObject): void {
    if (incoming === null) failedBeforeStart ??= status;
    else incoming.abort(status);
  }
  function close(by: 'server' | 'us'): void {
    cancelDeadline();
    forget();
    if (stream === null) connections.cancel(pendingCall);
    else resetStream(stream, by);
  }

  return {
    start(given, listener) {
      metadata = given;
      incoming = createIncoming(listener, {
        pause: () => stream?.pause(),
        resume: () => stream?.resume(),
        close,
      });
      if (hasPassed(target.deadline)) failedBeforeStart ??= deadlineExceeded();
      if (failedBeforeStart !== null) {
        incoming.abort(failedBeforeStart);
        return;
      }
      cancelDeadline = atDeadline(target.deadline, () => {
        cancel(deadlineExceeded());
      });
      if (isReadEarly) incoming.ask();
      connections.request(pendingCall, isForReady(given));
    },
    sendMessageWithContext(context, message: Buffer) {
      send({ context, message });
    },
    halfClose() {
      send(null);
    },
    startRead() {
      if (incoming === null) isReadEarly = true;
      else incoming.ask();
    },
    cancelWithStatus(status, details) {
      cancel(statusOf(status, details));
    },
    setCredentials(given) {
      credentials = credentials?.compose(given) ?? given;
    },
    getPeer: () => connection?.peer ?? connections.target,
    getCallNumber: () => number,
    getAuthContext: () => connection?.authContext ?? null,
  };
}

function isForReady(metadata: Metadata): boolean {
  return metadata.getOptions().waitForReady === true;
}

function deadlineExceeded(): StatusObject {
  return statusOf(code.DEADLINE_EXCEEDED, 'Deadline exceeded');
}

/** The call is over: what its stream still has is thrown away, and a server that goes on is told to stop. */
function resetStream(stream: ClientHttp2Stream, by: 'server' | 'us'): void {
  if (stream.destroyed || stream.closed) return;
  stream.resume();
  if (by === 'us' || !stream.writableEnded) stream.close(constants.NGHTTP2_CANCEL);
}
