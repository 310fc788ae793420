import { status as code } from '@grpc/grpc-js';
import { errorCode, type RequestHead, type StreamEnd, type StreamHandler } from '../../http2/index.js';
import { hasPassed, type Deadline } from '../grpc/deadline.js';
import type { MessageContext } from '../grpc/pending-call.js';
import type { Http2Connection } from './connection.js';
import type { Incoming } from './incoming.js';
import { metadataOf, type ResponseHeaders } from './response-headers.js';
import {
  connectionDropped,
  responseStatus,
  statusOf,
  statusOfHttp,
  statusOfReset,
  statusOfTrailers,
} from './status.js';

/** One message on its way, with its prefix, and whom to call back when it is written. */
export interface Sending {
  readonly context: MessageContext;
  readonly bytes: readonly Uint8Array[];
}

/** The stream of one call. */
export interface CallStream {
  send(sending: Sending): void;
  /** Nothing more will be sent. */
  end(): void;
  pause(): void;
  resume(): void;
  /** Ends it at once, unless it has ended. */
  reset(): void;
}

interface Owner {
  readonly incoming: Incoming;
  readonly deadline: Deadline;
  readonly retry: () => boolean;
  readonly written: (() => void)[];
  response: ResponseHeaders | null;
  trailers: ResponseHeaders | null;
}

/**
 * Opens a stream and tells the reading side of its call what it brings. `retry` is asked where the server has not
 * processed the request; it returns whether the call goes on elsewhere. `null`: the connection takes no more streams.
 */
export function openCallStream(
  { session }: Http2Connection,
  head: RequestHead,
  { incoming, deadline, retry }: Pick<Owner, 'incoming' | 'deadline' | 'retry'>,
): CallStream | null {
  const owner: Owner = { incoming, deadline, retry, written: [], response: null, trailers: null };
  const stream = session.open(head, handler, owner);
  if (stream === null) return null;
  return {
    send({ context, bytes }) {
      let isWritten = true;
      for (const part of bytes) isWritten = session.send(stream, part, false);
      if (isWritten) calledBack(context);
      else
        owner.written.push(() => {
          calledBack(context);
        });
    },
    end() {
      session.send(stream, nothing, true);
    },
    pause() {
      session.pause(stream);
    },
    resume() {
      session.resume(stream);
    },
    reset() {
      session.reset(stream, errorCode.cancel);
      writersGoOn(owner);
    },
  };
}

const nothing = new Uint8Array(0);

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

const handler: StreamHandler<Owner, ResponseHeaders> = {
  headers(owner, headers, isLast) {
    if (isLast) owner.trailers = headers;
    owner.response ??= headers;
    if (isLast || owner.response !== headers) return;
    const { incoming } = owner;
    isolated(() => {
      const refusal = responseStatus(headers);
      if (refusal !== null) incoming.abort(refusal);
      else incoming.begin(metadataOf(headers), headers['grpc-encoding'] ?? 'identity');
    });
  },
  data({ incoming }, bytes) {
    isolated(() => {
      incoming.push(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
    });
  },
  end(owner) {
    writersGoOn(owner);
    const { incoming, trailers, response } = owner;
    isolated(() => {
      if (trailers === null) incoming.abort(endWithoutTrailers(response));
      else incoming.finish(statusOfTrailers(trailers) ?? withoutStatus({ ...response, ...trailers }));
    });
  },
  failed(owner, end) {
    writersGoOn(owner);
    if (isUnprocessed(end) && owner.response === null && owner.retry()) return;
    isolated(() => {
      owner.incoming.abort(statusOfEnd(end, owner.deadline));
    });
  },
  drained: writersGoOn,
};

/** Writers are called back whatever happens: they may wait for it. */
function writersGoOn({ written }: Owner): void {
  for (const goOn of written.splice(0)) goOn();
}

/** Lets a writer go on. It receives no error: the end of the stream carries what went wrong. */
export function calledBack({ callback: goOn }: MessageContext): void {
  if (goOn !== undefined) process.nextTick(goOn);
}

/** Whether the server says, or it is certain, that it has done nothing with the request. */
export function isUnprocessed(end: StreamEnd): boolean {
  if (end.type === 'reset') return !end.isProcessed;
  if (end.type === 'lost') return !end.isSent;
  return end.type === 'unprocessed';
}

/** The status of a call whose stream did not end with trailers. */
export function statusOfEnd(end: StreamEnd, deadline: Deadline) {
  switch (end.type) {
    case 'reset':
      // A server cancels what is too late, and its clock may be a moment ahead of ours.
      return end.code === errorCode.cancel && hasPassed(deadline)
        ? statusOf(code.DEADLINE_EXCEEDED, 'Deadline exceeded, says the server')
        : statusOfReset(end.code);
    case 'malformed':
      return statusOf(code.INTERNAL, `The response is no HTTP/2 response: ${end.problem}`);
    case 'too-large':
      return statusOf(code.RESOURCE_EXHAUSTED, 'The headers of the response are larger than the limit');
    case 'unprocessed':
      return statusOf(code.UNAVAILABLE, 'The server was leaving and did not process the call');
    case 'lost':
      return connectionDropped(end.error);
  }
}

/** A body that ends without trailers. */
export function endWithoutTrailers(response: ResponseHeaders | null) {
  const httpStatus = Number(response?.[':status']);
  return httpStatus === 200 ? statusOfReset(errorCode.noError) : statusOfHttp(httpStatus, undefined);
}

/** Trailers that say nothing of a status. */
export function withoutStatus(headers: ResponseHeaders) {
  const httpStatus = Number(headers[':status']);
  return httpStatus === 200
    ? statusOf(code.UNKNOWN, 'The answer ended without a status')
    : statusOfHttp(httpStatus, headers['content-type']);
}
