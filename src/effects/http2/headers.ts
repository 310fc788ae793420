import { status as code, type CallCredentials, type Metadata, type StatusObject } from '@grpc/grpc-js';
import type { OutgoingHttpHeaders } from 'node:http2';
import { messageOf } from '../../model/index.js';
import type { CallTarget } from './call.js';
import { acceptedEncodings } from './compression.js';
import type { Http2Connection } from './connection.js';
import { grpcTimeout } from './deadline.js';
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

/** The metadata with what call credentials add to it, or the status of a call that they keep from being made. */
export async function signed(
  metadata: Metadata,
  credentials: CallCredentials,
  { scheme, authority }: Http2Connection,
  { method, host }: CallTarget,
): Promise<Metadata | StatusObject> {
  const service = method.slice(0, method.lastIndexOf('/'));
  const whole = metadata.clone();
  try {
    whole.merge(
      await credentials.generateMetadata({
        method_name: method.slice(service.length + 1),
        service_url: `${scheme}://${host ?? authority}${service}`,
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
  return statusOf(knownCode((error as { code?: unknown }).code) ?? code.UNKNOWN, details);
}
