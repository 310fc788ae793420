import type { MethodDefinition } from '@grpc/grpc-js';
import type { Codec } from './wire.js';

/** One request, one response. */
export function unary<Request, Response>(path: string, request: Codec<Request>, response: Codec<Response>) {
  return describe(path, request, response, { requestStream: false, responseStream: false });
}

/** One request, many responses. */
export function serverStream<Request, Response>(
  path: string,
  request: Codec<Request>,
  response: Codec<Response>,
) {
  return describe(path, request, response, { requestStream: false, responseStream: true });
}

/** Many requests, many responses. */
export function duplex<Request, Response>(path: string, request: Codec<Request>, response: Codec<Response>) {
  return describe(path, request, response, { requestStream: true, responseStream: true });
}

function describe<Request, Response>(
  path: string,
  request: Codec<Request>,
  response: Codec<Response>,
  streams: Pick<MethodDefinition<Request, Response>, 'requestStream' | 'responseStream'>,
): MethodDefinition<Request, Response> {
  return {
    path,
    ...streams,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}
