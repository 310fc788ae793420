import { status as code, type StatusObject } from '@grpc/grpc-js';
import {
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import { hasPassed, type Deadline } from '../grpc/deadline.js';
import type { Incoming } from './incoming.js';
import {
  connectionDropped,
  metadataOf,
  statusOf,
  statusOfHttp,
  statusOfReset,
  statusOfTrailers,
} from './status.js';

interface Around {
  /** A stream that is over does not know it any more. */
  readonly session: ClientHttp2Session;
  readonly deadline: Deadline;
}

/** Tells the reading side of a call what its stream brings. */
export function listen(stream: ClientHttp2Stream, incoming: Incoming, { session, deadline }: Around): void {
  let httpStatus = 200;

  stream.on('response', (headers, flags) => {
    httpStatus = headers[':status'] ?? 0;
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      incoming.finish(statusOfTrailers(headers) ?? withoutStatus(httpStatus, headers));
      return;
    }
    if (!isGrpc(headers['content-type'])) {
      incoming.abort(statusOfHttp(httpStatus, headers['content-type']));
      return;
    }
    const encoding = headers['grpc-encoding'];
    incoming.begin(metadataOf(headers), typeof encoding === 'string' ? encoding : 'identity');
  });
  stream.on('data', (chunk: Buffer) => {
    incoming.push(chunk);
  });
  stream.on('trailers', (headers: IncomingHttpHeaders) => {
    // All that came before lies here, at most a window full. Whoever reads slowly has it even if the stream is lost.
    while (stream.read() !== null);
    incoming.finish(statusOfTrailers(headers) ?? withoutStatus(httpStatus, headers));
  });
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // Whatever it says, `close` follows and tells more. A connection whose stream numbers are used up takes no call.
    if (error.code === 'ERR_HTTP2_OUT_OF_STREAMS') session.close();
  });
  stream.on('close', () => {
    if (incoming.isFinished()) return;
    if (session.destroyed) incoming.abort(connectionDropped());
    else incoming.abort(statusOfEnd(stream.rstCode, httpStatus, deadline));
  });
}

function statusOfEnd(rstCode: number, httpStatus: number, deadline: Deadline): StatusObject {
  // A server cancels what is too late, and its clock may be a moment ahead of ours.
  if (rstCode === constants.NGHTTP2_CANCEL && hasPassed(deadline))
    return statusOf(code.DEADLINE_EXCEEDED, 'Deadline exceeded, says the server');
  if (rstCode === constants.NGHTTP2_NO_ERROR && httpStatus !== 200)
    return statusOfHttp(httpStatus, undefined);
  return statusOfReset(rstCode);
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType !== undefined && /^application\/grpc(?:[+;]|$)/.test(contentType);
}

function withoutStatus(httpStatus: number, headers: IncomingHttpHeaders): StatusObject {
  return httpStatus === 200
    ? statusOf(code.UNKNOWN, 'The answer ended without a status')
    : statusOfHttp(httpStatus, headers['content-type']);
}
