import { Metadata, status as code, type CallCredentials, type StatusObject } from '@grpc/grpc-js';
import { messageOf } from '../../model/index.js';
import { http2Limits } from '../../model/limits.js';
import { atDeadline, hasPassed } from '../grpc/deadline.js';
import type { Call } from '../grpc/pending-call.js';
import type { CallSettings } from '../grpc/call-settings.js';
import { calledBack, openCallStream, type CallStream, type Sending } from './call-stream.js';
import { isUsable, type Http2Connection } from './connection.js';
import { createIncoming, type Incoming } from './incoming.js';
import { encodeMessage } from '../grpc/messages.js';
import { requestHead, signed, sizeOfFields, type CallTarget } from './request-head.js';
import { statusOf } from './status.js';

/** A call that needs a connection. */
export interface PendingHttp2Call {
  /** Called at once where there is a connection, and later where one has to be made. */
  start(connection: Http2Connection): void;
  fail(status: StatusObject): void;
}

/** Where calls get their connection. */
export interface ConnectionQueue {
  /** For example `unix:/run/…/plugin123`. */
  readonly target: string;
  request(call: PendingHttp2Call, waitForReady: boolean): void;
  cancel(call: PendingHttp2Call): void;
}

let lastNumber = 0;

/** How often a call is sent again that a server has not processed. */
const mostRetries = 3;

/** A call that has sent more than this is not sent again: its messages are not kept. */
const mostKeptBytes = 256 * 1024;

/** One call, as grpc-js's clients ask for it. Once started, it ends with exactly one status, whatever happens. */
export function createHttp2Call(
  target: CallTarget,
  connections: ConnectionQueue,
  settings: CallSettings,
  hasOneResponse: boolean,
): Call {
  const number = (lastNumber += 1);
  let metadata = new Metadata();
  let credentials: CallCredentials | null = null;
  let connection: Http2Connection | null = null;
  let stream: CallStream | null = null;
  let incoming: Incoming | null = null;
  let cancelDeadline = (): void => undefined;
  /** What was to be sent before the call had its stream; `null` is the end. */
  const early: (Sending | null)[] = [];
  /** What was sent, until the server has begun to answer: it may have to be sent again. */
  let sent: (Sending | null)[] | null = [];
  let sentBytes = 0;
  let retries = 0;
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
    const head = requestHead(over, target, whole, settings.encoding);
    const refusal = refusalOf(over, sizeOfFields(head));
    if (refusal !== null) {
      cancel(refusal);
      return;
    }
    stream = openCallStream(over, head, { incoming, deadline: target.deadline, retry });
    for (const next of early.splice(0)) send(next);
  }
  /** The server has not processed the call: it is sent once more, as far as its messages are still there. */
  function retry(): boolean {
    if (sent === null || retries === mostRetries || incoming?.isOver() !== false) return false;
    retries += 1;
    stream = null;
    early.unshift(...sent.splice(0));
    sentBytes = 0;
    // The connection that failed is not done with that yet.
    process.nextTick(() => {
      if (incoming?.isOver() === false) connections.request(pendingCall, isForReady(metadata));
    });
    return true;
  }
  function keep(next: Sending | null): void {
    if (sent === null) return;
    for (const { length } of next?.bytes ?? []) sentBytes += length;
    if (sentBytes > mostKeptBytes) sent = null;
    else sent.push(next === null ? null : { context: {}, bytes: next.bytes });
  }
  function send(next: Sending | null): void {
    if (stream === null) {
      early.push(next);
      if (incoming?.isOver() === true) forget();
      return;
    }
    keep(next);
    if (next === null) stream.end();
    else stream.send(next);
  }
  /** Writers are called back whatever happens: they may wait for it. */
  function forget(): void {
    sent = null;
    for (const next of early.splice(0)) if (next !== null) calledBack(next.context);
  }
  function cancel(status: StatusObject): void {
    if (incoming === null) failedBeforeStart ??= status;
    else incoming.abort(status);
  }
  function close(): void {
    cancelDeadline();
    forget();
    if (stream === null) connections.cancel(pendingCall);
    else stream.reset();
  }

  return {
    start(given, listener) {
      metadata = given;
      incoming = createIncoming(
        {
          ...listener,
          onReceiveMetadata(received) {
            sent = null;
            listener.onReceiveMetadata(received);
          },
          onReceiveMessage: (message: unknown) => {
            listener.onReceiveMessage(message);
          },
          onReceiveStatus: (status) => {
            listener.onReceiveStatus(status);
          },
        },
        { pause: () => stream?.pause(), resume: () => stream?.resume(), close },
        settings,
        hasOneResponse,
      );
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
      try {
        send({ context, bytes: encodeMessage(message, settings, context.flags) });
      } catch (error) {
        cancel(statusOf(code.RESOURCE_EXHAUSTED, messageOf(error)));
        calledBack(context);
      }
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

/** Why a connection takes no call now that has fields of this size; `null`: it does. */
export function refusalOf({ session }: Http2Connection, fieldsSize: number): StatusObject | null {
  if (fieldsSize > session.longestHeaderList())
    return statusOf(
      code.RESOURCE_EXHAUSTED,
      `The metadata has ${fieldsSize} bytes, and the server takes ${session.longestHeaderList()}`,
    );
  if (session.waitingBytes() > http2Limits.waitingBytes)
    return statusOf(code.RESOURCE_EXHAUSTED, 'Too much waits to be sent: the server does not read');
  return null;
}
