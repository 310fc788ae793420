import type { Metadata } from '@grpc/grpc-js';
import { status as code, type ClientUnaryCall, type ServiceError, type StatusObject } from '@grpc/grpc-js';
import { EventEmitter } from 'node:events';
import { errorCode, type Http2Stream, type StreamEnd, type StreamHandler } from '../../http2/index.js';
import { messageOf } from '../../model/index.js';
import type { CallCounter } from '../grpc/call-counter.js';
import { atDeadline, hasPassed } from '../grpc/deadline.js';
import { captureCaller, type CallerStack } from '../grpc/caller-stack.js';
import type { UnaryRequest } from '../grpc/unary-request.js';
import { endWithoutTrailers, isUnprocessed, statusOfEnd, withoutStatus } from './call-stream.js';
import { decompress, type WireMessage } from '../grpc/compression.js';
import type { Http2Connection } from './connection.js';
import { refusalOf } from './http2-call.js';
import { statusOfUnreadable } from './incoming.js';
import { createMessageReader, encodeMessage, unpinned, type MessageReader } from '../grpc/messages.js';
import { requestHead, sizeOfFields } from './request-head.js';
import { metadataOf, type ResponseHeaders } from './response-headers.js';
import { responseStatus, statusOf, statusOfTrailers } from './status.js';

/** The call that is handed to the caller, and all that is known of it: there is no other object for a call. */
interface UnaryCall extends ClientUnaryCall {
  readonly request: UnaryRequest;
  readonly connection: Http2Connection;
  readonly counter: CallCounter;
  /** Where it was made. */
  caller: CallerStack | null;
  stream: Http2Stream | null;
  response: ResponseHeaders | null;
  trailers: ResponseHeaders | null;
  message: Buffer | null;
  /** Made for answers that do not come in one piece. */
  reader: MessageReader | null;
  /** The message is being inflated beside the event loop; the end of the answer waits for it. */
  isInflating: boolean;
  isEndHeld: boolean;
  cancelDeadline: (() => void) | null;
  second: ClientUnaryCall | null;
  isOver: boolean;
}

/**
 * The calls' prototype. Node's emitters make what they need when the first listener is added, so that a call of which
 * only the callback is used has none of it.
 */
const prototype = Object.assign(Object.create(EventEmitter.prototype) as UnaryCall, {
  cancel(this: UnaryCall) {
    if (this.second !== null) this.second.cancel();
    else abort(this, statusOf(code.CANCELLED, 'Cancelled on client'));
  },
  getPeer(this: UnaryCall) {
    return this.second?.getPeer() ?? this.connection.peer;
  },
  getAuthContext(this: UnaryCall) {
    return this.second?.getAuthContext() ?? this.connection.authContext;
  },
});

/**
 * Makes a unary call on a connection, without the layers that a call has whose messages are streamed or intercepted.
 * What the caller sees is what grpc-js's client shows of a call. `null`: this connection takes no more calls.
 */
export function startUnaryCall(
  connection: Http2Connection,
  counter: CallCounter,
  request: UnaryRequest,
): ClientUnaryCall | null {
  if (!connection.session.isTaking()) return null;
  const call = {
    __proto__: prototype,
    request,
    connection,
    counter,
    caller: captureCaller(),
    stream: null,
    response: null,
    trailers: null,
    message: null,
    reader: null,
    isInflating: false,
    isEndHeld: false,
    cancelDeadline: null,
    second: null,
    isOver: false,
  } as unknown as UnaryCall;
  counter.begin();
  send(call);
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- see the prototype
  return call;
}

function send(call: UnaryCall): void {
  const { connection, request } = call;
  const { method, metadata, deadline, message, settings } = request;
  const head = requestHead(connection, { method, deadline, host: null }, metadata, settings.encoding);
  const refusal = hasPassed(deadline) ? deadlineExceeded() : refusalOf(connection, sizeOfFields(head));
  if (refusal !== null) {
    abort(call, refusal);
    return;
  }
  let pieces: readonly Uint8Array[];
  try {
    pieces = encodeMessage(message, settings);
  } catch (error) {
    abort(call, statusOf(code.RESOURCE_EXHAUSTED, messageOf(error)));
    return;
  }
  const stream = connection.session.open(head, handler, call);
  call.stream = stream;
  if (stream === null) {
    abort(call, statusOf(code.UNAVAILABLE, 'The connection takes no more calls'));
    return;
  }
  pieces.forEach((piece, at) => connection.session.send(stream, piece, at === pieces.length - 1));
  if (deadline !== Infinity)
    call.cancelDeadline = atDeadline(deadline, () => {
      abort(call, deadlineExceeded());
    });
}

const handler: StreamHandler<UnaryCall, ResponseHeaders> = {
  headers(call, headers, isLast) {
    call.counter.answer();
    if (isLast) call.trailers = headers;
    if (call.response !== null) return;
    call.response = headers;
    if (isLast) return;
    const refusal = responseStatus(headers);
    if (refusal !== null) abort(call, refusal);
    else if (call.listenerCount('metadata') > 0) isolated(() => call.emit('metadata', metadataOf(headers)));
  },
  data(call, bytes) {
    if (call.isOver) return;
    call.counter.answer();
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    if (call.message === null && call.reader === null && isWholeMessage(call, chunk))
      call.message = unpinned(chunk.subarray(5));
    else readPart(call, chunk);
  },
  end(call) {
    if (call.isOver) return;
    call.isEndHeld = call.isInflating;
    if (call.isInflating) return;
    const { trailers, response } = call;
    if (trailers === null) fail(call, endWithoutTrailers(response));
    else if (trailers['grpc-status'] === '0') succeed(call, trailers);
    else fail(call, statusOfTrailers(trailers) ?? withoutStatus({ ...response, ...trailers }));
  },
  failed(call, end) {
    if (call.isOver) return;
    if (call.response === null && isUnprocessed(end)) makeAgain(call);
    else fail(call, statusOfStreamEnd(call, end));
  },
  drained: () => undefined,
};

function statusOfStreamEnd({ request }: UnaryCall, end: StreamEnd): StatusObject {
  return statusOfEnd(end, request.deadline);
}

/** Whether a chunk is one message, not compressed and within the limit. */
function isWholeMessage({ request }: UnaryCall, chunk: Buffer): boolean {
  if (chunk.length < 5 || chunk[0] !== 0) return false;
  const length = chunk.readUInt32BE(1);
  return length === chunk.length - 5 && length <= request.settings.longestReceived;
}

function readPart(call: UnaryCall, chunk: Buffer): void {
  const { longestReceived } = call.request.settings;
  call.reader ??= createMessageReader(longestReceived);
  call.reader.push(chunk);
  try {
    for (let next = call.reader.next(); next !== null; next = call.reader.next()) {
      if (call.message !== null || call.isInflating) {
        abort(call, statusOf(code.UNIMPLEMENTED, 'Too many responses received'));
        return;
      }
      inflate(call, next, longestReceived);
      if (call.isOver) return;
    }
  } catch (error) {
    abort(call, statusOfUnreadable(error));
  }
}

function inflate(call: UnaryCall, message: WireMessage, limit: number): void {
  call.isInflating = true;
  decompress(message, call.response?.['grpc-encoding'] ?? 'identity', limit, (outcome) => {
    call.isInflating = false;
    if (call.isOver) return;
    if ('error' in outcome) abort(call, statusOfUnreadable(outcome.error));
    else call.message = outcome.bytes;
    if (call.isEndHeld) handler.end(call);
  });
}

function succeed(call: UnaryCall, trailers: ResponseHeaders): void {
  if ((call.reader?.heldBytes() ?? 0) > 0) {
    fail(call, statusOf(code.INTERNAL, 'The answer ended in the middle of a message'));
    return;
  }
  const { message, request } = call;
  if (message === null) {
    const noMessage = {
      code: code.UNIMPLEMENTED,
      details: 'No message received',
      metadata: metadataOf(trailers),
    };
    conclude(call, errorOf(call, noMessage), undefined, statusOfTrailers(trailers));
    return;
  }
  let response: unknown;
  try {
    response = request.deserialize(message);
  } catch (error) {
    fail(call, statusOf(code.INTERNAL, `Response message parsing error: ${messageOf(error)}`));
    return;
  }
  conclude(call, null, response, null);
}

function fail(call: UnaryCall, status: StatusObject): void {
  conclude(call, errorOf(call, status), undefined, status);
}

/** Ends the call, calls back and tells the status to those who listen; `null` for that of the trailers. */
function conclude(
  call: UnaryCall,
  error: ServiceError | null,
  response: unknown,
  status: StatusObject | null,
): void {
  finish(call);
  isolated(() => {
    if (error === null) call.request.callback(null, response);
    else call.request.callback(error);
  });
  if (call.listenerCount('status') === 0) return;
  const told = status ?? (call.trailers === null ? null : statusOfTrailers(call.trailers));
  isolated(() => call.emit('status', told));
}

function finish(call: UnaryCall): void {
  call.isOver = true;
  call.cancelDeadline?.();
  call.cancelDeadline = null;
  call.reader = null;
  call.counter.end();
}

/** Ends the call from this side. It is called back after that. */
function abort(call: UnaryCall, status: StatusObject): void {
  if (call.isOver) return;
  finish(call);
  if (call.stream !== null) call.connection.session.reset(call.stream, errorCode.cancel);
  process.nextTick(() => {
    const { caller } = call;
    call.request.callback(errorOf({ caller }, status));
    call.emit('status', status);
  });
}

/** A server has not processed the call: the ordinary way makes it again, once there is a connection. */
function makeAgain(call: UnaryCall): void {
  finish(call);
  // The connection that failed is not done with that yet.
  process.nextTick(() => {
    const second = call.request.again();
    call.second = second;
    second.on('metadata', (metadata: Metadata) => call.emit('metadata', metadata));
    second.on('status', (status: StatusObject) => call.emit('status', status));
  });
}

/** What a listener throws is its own affair: it surfaces as an uncaught exception, and the connection goes on. */
function isolated(act: () => void): void {
  try {
    act();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}

function deadlineExceeded(): StatusObject {
  return statusOf(code.DEADLINE_EXCEEDED, 'Deadline exceeded');
}

/** The error of a call, as grpc-js's client makes it of a status. */
function errorOf({ caller }: Pick<UnaryCall, 'caller'>, status: StatusObject): ServiceError {
  const error = new Error(`${status.code} ${code[status.code]}: ${status.details}`);
  const callerStack =
    caller?.stack?.split('\n').slice(1).join('\n') ??
    '    (not captured: too many calls were made in this second)';
  return Object.assign(error, status, { stack: `${error.stack ?? ''}\nfor call at\n${callerStack}` });
}
