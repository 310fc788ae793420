import { Metadata, status as code, type StatusObject } from '@grpc/grpc-js';
import { errorCode, errorCodeName, type Http2Error } from '../../http2/index.js';
import { noteSaidByServer } from '../grpc/said-by-server.js';
import { metadataOf, type ResponseHeaders } from './response-headers.js';

/** A status that this side gives to a call. */
export function statusOf(status: code, details: string): StatusObject {
  return { code: status, details, metadata: new Metadata() };
}

/** What the server says at the end of a call; `null` when its trailers have no status. */
export function statusOfTrailers(trailers: ResponseHeaders): StatusObject | null {
  const { 'grpc-status': said, 'grpc-message': message } = trailers;
  if (typeof said !== 'string') return null;
  const known = /^\d+$/.test(said) ? knownCode(Number(said)) : null;
  const details = typeof message === 'string' ? percentDecoded(message) : '';
  const metadata = metadataOf(trailers);
  noteSaidByServer(metadata, known);
  return {
    code: known ?? code.UNKNOWN,
    details: known === null ? `The answer has the unknown grpc-status ${said}. ${details}`.trim() : details,
    metadata,
  };
}

const codes = Object.values(code).filter((value) => typeof value === 'number');

/** A number as a code of gRPC's; `null` where it is none. */
export function knownCode(number: unknown): code | null {
  return codes.find((known) => known === number) ?? null;
}

/** For an answer that is not gRPC's: the table in gRPC's http-grpc-status-mapping. */
export function statusOfHttp(httpStatus: number, contentType: string | undefined): StatusObject {
  const details =
    httpStatus === 200
      ? `The answer is ${contentType ?? 'of no content type'}, not application/grpc`
      : `The answer has the HTTP status ${httpStatus}`;
  return statusOf(httpCodes[httpStatus] ?? code.UNKNOWN, details);
}

const httpCodes: Readonly<Record<number, code>> = {
  400: code.INTERNAL,
  401: code.UNAUTHENTICATED,
  403: code.PERMISSION_DENIED,
  404: code.UNIMPLEMENTED,
  429: code.UNAVAILABLE,
  502: code.UNAVAILABLE,
  503: code.UNAVAILABLE,
  504: code.UNAVAILABLE,
};

/** For a stream that the server reset: the table in gRPC's PROTOCOL-HTTP2. */
export function statusOfReset(rstCode: number): StatusObject {
  const known = resetCodes[rstCode];
  if (known !== undefined) return statusOf(known.code, known.details);
  return statusOf(
    code.INTERNAL,
    `The stream was reset with the HTTP/2 error code ${rstCode} (${errorCodeName(rstCode)})`,
  );
}

const resetCodes: Readonly<Record<number, { readonly code: code; readonly details: string }>> = {
  [errorCode.noError]: { code: code.INTERNAL, details: 'The stream ended without a status' },
  [errorCode.refusedStream]: { code: code.UNAVAILABLE, details: 'The stream was refused' },
  [errorCode.cancel]: { code: code.CANCELLED, details: 'The call was cancelled by the server' },
  [errorCode.enhanceYourCalm]: {
    code: code.RESOURCE_EXHAUSTED,
    details: 'The server asks for less: bandwidth or memory is exhausted',
  },
  [errorCode.inadequateSecurity]: {
    code: code.PERMISSION_DENIED,
    details: 'The connection is not secure enough for the server',
  },
};

/** For a stream whose connection is gone. */
export function connectionDropped({ reason, message }: Http2Error): StatusObject {
  const isExplained = reason !== 'socket-lost' && reason !== 'session-closed';
  return statusOf(code.UNAVAILABLE, isExplained ? `Connection dropped. ${message}` : 'Connection dropped');
}

/** The status of a response that is not gRPC's by its headers; `null`: it is. */
export function responseStatus(headers: ResponseHeaders): StatusObject | null {
  const contentType = headers['content-type'];
  if (contentType !== undefined && /^application\/grpc(?:[+;]|$)/.test(contentType)) return null;
  return statusOfHttp(Number(headers[':status']), contentType);
}

/** The message as the server wrote it. What is not well encoded is shown as it came. */
export function percentDecoded(text: string): string {
  if (!text.includes('%')) return text;
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) =>
    Buffer.from(encoded.replaceAll('%', ''), 'hex').toString(),
  );
}
