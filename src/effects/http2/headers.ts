import { Metadata, status as code, type CallCredentials, type StatusObject } from '@grpc/grpc-js';
import type { OutgoingHttpHeaders } from 'node:http2';
import { messageOf } from '../../model/index.js';
import type { CallTarget } from './call.js';
import { acceptedEncodings } from './compression.js';
import type { Http2Connection } from './connection.js';
import { grpcTimeout } from './deadline.js';
import { statusOf } from './status.js';

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

/** The metadata with what call credentials add to it. Rejects with a status. */
export async function signed(
  metadata: Metadata,
  credentials: CallCredentials,
  { scheme, authority }: Http2Connection,
  { method, host }: CallTarget,
): Promise<Metadata> {
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
    throw refused(error);
  }
  if (whole.get('authorization').length > 1)
    throw statusOf(code.INTERNAL, '"authorization" metadata cannot have multiple values');
  return whole;
}

function refused(error: unknown): StatusObject {
  const given = (error as { code?: unknown }).code;
  const details = `The call credentials gave no metadata: ${messageOf(error)}`;
  return statusOf(typeof given === 'number' && given in code ? given : code.UNKNOWN, details);
}
