import type {
  MethodDefinition,
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
} from '@grpc/grpc-js';

/** Serializes and parses a message. */
export interface Codec<T> {
  readonly encode: (value: T) => Buffer;
  readonly decode: (bytes: Buffer) => T;
}

export type UnaryMethod<Request, Response> = MethodDefinition<Request, Response> & {
  readonly responseStream: false;
};

export type StreamMethod<Request, Response> = MethodDefinition<Request, Response> & {
  readonly requestStream: false;
  readonly responseStream: true;
};

export type DuplexMethod<Request, Response> = MethodDefinition<Request, Response> & {
  readonly requestStream: true;
  readonly responseStream: true;
};

/** The implementation of a service definition. */
export type Handlers<Service> = {
  [Name in keyof Service]: Service[Name] extends StreamMethod<infer Request, infer Response>
    ? handleServerStreamingCall<Request, Response>
    : Service[Name] extends DuplexMethod<infer Request, infer Response>
      ? handleBidiStreamingCall<Request, Response>
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

export function duplex<Request, Response>(
  path: string,
  request: Codec<Request>,
  response: Codec<Response>,
): DuplexMethod<Request, Response> {
  return { ...describeMethod(path, request, response), requestStream: true, responseStream: true };
}

/** Messages of the fakes' own services. */
export function json<T>(): Codec<T> {
  return {
    encode: (value) => Buffer.from(JSON.stringify(value)),
    decode: (value) => JSON.parse(value.toString()) as T,
  };
}

function describeMethod<Request, Response>(path: string, request: Codec<Request>, response: Codec<Response>) {
  return {
    path,
    requestStream: false as const,
    requestSerialize: request.encode,
    requestDeserialize: request.decode,
    responseSerialize: response.encode,
    responseDeserialize: response.decode,
  };
}
