import type { MethodDefinition, handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';

/** How one message becomes bytes and comes back. */
export interface Codec<T> {
  readonly encode: (value: T) => Buffer;
  readonly decode: (bytes: Buffer) => T;
}

export type UnaryMethod<Request, Response> = MethodDefinition<Request, Response> & {
  readonly responseStream: false;
};

export type StreamMethod<Request, Response> = MethodDefinition<Request, Response> & {
  readonly responseStream: true;
};

/** What a server has to implement for a service definition. */
export type Handlers<Service> = {
  [Name in keyof Service]: Service[Name] extends StreamMethod<infer Request, infer Response>
    ? handleServerStreamingCall<Request, Response>
    : Service[Name] extends UnaryMethod<infer Request, infer Response>
      ? handleUnaryCall<Request, Response>
      : never;
};

export function unary<Request, Response>(
  path: string,
  request: Codec<Request>,
  response: Codec<Response>,
): UnaryMethod<Request, Response> {
  return { ...describeMethod(path, request, response), responseStream: false };
}

export function serverStream<Request, Response>(
  path: string,
  request: Codec<Request>,
  response: Codec<Response>,
): StreamMethod<Request, Response> {
  return { ...describeMethod(path, request, response), responseStream: true };
}

function describeMethod<Request, Response>(path: string, request: Codec<Request>, response: Codec<Response>) {
  return {
    path,
    requestStream: false,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}
