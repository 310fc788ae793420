import { Metadata, credentials, makeClientConstructor } from '@grpc/grpc-js';
import type { CallOptions, Client, ClientReadableStream } from '@grpc/grpc-js';
import { fakeService, fakeServiceName } from './fake-service.js';
import type { StreamMethod, UnaryMethod } from './method.js';

/** The constructor for `plugin(id).client(…)`; its methods take callbacks and are untyped. */
export const FakeClient = makeClientConstructor(fakeService, fakeServiceName);

const defaultDeadlineMs = 5_000;

/** Connects to the address of a handshake line. */
export function connectToFake(network: string, address: string): Client {
  const target = network === 'unix' ? `unix:${address}` : address;
  return new FakeClient(target, credentials.createInsecure(), {
    'grpc.enable_http_proxy': 0,
    'grpc.max_receive_message_length': -1,
    'grpc.use_local_subchannel_pool': 1,
  });
}

/** Calls a unary method over any grpc-js client, with types. */
export function callUnary<Request, Response>(
  client: Client,
  method: UnaryMethod<Request, Response>,
  request: NoInfer<Request>,
  options: CallOptions = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata(),
      { deadline: Date.now() + defaultDeadlineMs, ...options },
      (error, response) => {
        if (error !== null) reject(error);
        else resolve(response as Response);
      },
    );
  });
}

/** Opens a stream without a deadline; the caller cancels it and listens for its `error`. */
export function openStream<Request, Response>(
  client: Client,
  method: StreamMethod<Request, Response>,
  request: NoInfer<Request>,
): ClientReadableStream<Response> {
  return client.makeServerStreamRequest(
    method.path,
    method.requestSerialize,
    method.responseDeserialize,
    request,
  );
}
