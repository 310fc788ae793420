import { Metadata } from '@grpc/grpc-js';
import type { HeaderField } from '../../http2/index.js';

/** The header fields of a response or its trailers, as Node has them: those of one name are joined. */
export interface ResponseHeaders {
  readonly [name: string]: string | undefined;
}

/** Header fields by their names. The values of one name are joined with `, `, in their order. */
export function readResponseHeaders(fields: readonly HeaderField[]): ResponseHeaders {
  const headers: Record<string, string> = {};
  for (const { name, value } of fields) {
    const before = Object.hasOwn(headers, name) ? headers[name] : undefined;
    headers[name] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

/** Headers as metadata, without those of the transport. Metadata that cannot be decoded counts as none. */
export function metadataOf(headers: ResponseHeaders): Metadata {
  try {
    const metadata = Metadata.fromHttp2Headers({ ...headers });
    for (const name of ofTheTransport) if (headers[name] !== undefined) metadata.remove(name);
    return metadata;
  } catch {
    return new Metadata();
  }
}

const ofTheTransport = ['grpc-status', 'grpc-message', 'grpc-encoding', 'grpc-accept-encoding'];
