import { status as code, type CallCredentials, type Metadata, type StatusObject } from '@grpc/grpc-js';
import type { OutgoingHttpHeaders } from 'node:http2';
import { messageOf } from '../../model/index.js';
import type { CallTarget } from './http2-call.js';
import { acceptedEncodings } from './compression.js';
import type { Http2Connection } from './connection.js';
import { grpcTimeout } from '../grpc/deadline.js';
import { knownCode, statusOf } from './status.js';

/** The headers of a call: gRPC's own over the caller's metadata. */
export function requestHeaders(
  { authority, scheme }: Http2Connection,
  { method, host, deadline }: CallTarget,
  metadata: Metadata,
): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = metadata.toHttp2Headers();
  headers[':method'] = 'POST';
  headers[':scheme'] = scheme;
  headers[':authority'] = host ?? authority;
  headers[':path'] = method;
  headers['te'] = 'trailers';
  headers['content-type'] = 'application/grpc';
  headers['user-agent'] = 'espalier';
  headers['grpc-accept-encoding'] = acceptedEncodings;
  const timeout = grpcTimeout(deadline);
  if (timeout !== null) headers['grpc-timeout'] = timeout;
  return headers;
}

/**
 * The metadata with what call credentials add to it, or the status of a call that they keep from being made. They
 * are asked with the very words that grpc-js has for them: signatures may be made over these.
 */
export async function signed(
  metadata: Metadata,
  credentials: CallCredentials,
  { authority }: Http2Connection,
  { method, host }: CallTarget,
): Promise<Metadata | StatusObject> {
  const name = host ?? authority;
  const whole = metadata.clone();
  try {
    whole.merge(
      await credentials.generateMetadata({
        method_name: method,
        service_url: `https://${name.replace(/:\d+$/, '')}${method.slice(0, method.lastIndexOf('/'))}`,
      }),
    );
  } catch (error) {
    return refused(error);
  }
  return whole.get('authorization').length > 1
    ? statusOf(code.INTERNAL, '"authorization" metadata cannot have multiple values')
    : whole;
}

function refused(error: unknown): StatusObject {
  const details = `The call credentials gave no metadata: ${messageOf(error)}`;
  const given = knownCode((error as { code?: unknown } | null)?.code) ?? code.UNKNOWN;
  return statusOf(applicationsOwn.has(given) ? code.INTERNAL : given, details);
}

/** What only the application at the other end may say (gRFC A54): nobody else's fault must look like its answer. */
const applicationsOwn: ReadonlySet<code> = new Set([
  code.OK,
  code.INVALID_ARGUMENT,
  code.NOT_FOUND,
  code.ALREADY_EXISTS,
  code.FAILED_PRECONDITION,
  code.ABORTED,
  code.OUT_OF_RANGE,
  code.DATA_LOSS,
]);
