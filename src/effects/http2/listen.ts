import { status as code, type StatusObject } from '@grpc/grpc-js';
import { constants, type ClientHttp2Stream, type IncomingHttpHeaders } from 'node:http2';
import type { Incoming } from './incoming.js';
import {
  connectionDropped,
  metadataOf,
  statusOf,
  statusOfHttp,
  statusOfReset,
  statusOfTrailers,
} from './status.js';

/** Tells the reading side of a call what its stream brings. */
export function listen(stream: ClientHttp2Stream, incoming: Incoming): void {
  let httpStatus = 200;
  let last: StatusObject | null = null;

  stream.on('response', (headers, flags) => {
    httpStatus = headers[':status'] ?? 0;
    if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) {
      incoming.finish(statusOfTrailers(headers) ?? withoutStatus(httpStatus, headers));
      return;
    }
    if (!isGrpc(headers)) {
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
    last = statusOfTrailers(headers) ?? withoutStatus(httpStatus, headers);
    // Trailers come at once, the end after all that lies before it: where nothing does, the end need not be awaited.
    if (stream.readableFlowing === true && stream.readableLength === 0) incoming.finish(last);
  });
  stream.on('end', () => {
    if (last !== null) incoming.finish(last);
  });
  // Whatever it says, `close` follows and tells more.
  stream.on('error', () => undefined);
  stream.on('close', () => {
    if (last !== null) incoming.finish(last);
    else if (stream.session === undefined || stream.session.destroyed) incoming.abort(connectionDropped());
    else incoming.abort(statusOfReset(stream.rstCode));
  });
}

function isGrpc(headers: IncomingHttpHeaders): boolean {
  return headers['content-type']?.startsWith('application/grpc') ?? false;
}

function withoutStatus(httpStatus: number, headers: IncomingHttpHeaders): StatusObject {
  return httpStatus === 200
    ? statusOf(code.UNKNOWN, 'The answer ended without a status')
    : statusOfHttp(httpStatus, headers['content-type']);
}
