import type { Client, ClientDuplexStream, ClientReadableStream, ClientWritableStream } from '@grpc/grpc-js';

type Callback<Response> = (error: Error | null, response: Response) => void;
type Options = { readonly deadline: number };

/** The methods of a client that grpc-js makes from a .proto, which it has no types for. */
function methodOf(client: Client, name: string): (...args: unknown[]) => unknown {
  const method: unknown = Reflect.get(client, name);
  if (typeof method !== 'function') throw new Error(`The client has no method ${name}.`);
  return method.bind(client) as (...args: unknown[]) => unknown;
}

const inFiveSeconds = (): Options => ({ deadline: Date.now() + 5_000 });

export function unary<Response = object>(client: Client, name: string, request: object): Promise<Response> {
  return new Promise((resolve, reject) => {
    methodOf(client, name)(request, inFiveSeconds(), callbackFor(resolve, reject));
  });
}

/** Sends every message, and resolves with the one answer. */
export function sendAll<Response = object>(
  client: Client,
  name: string,
  messages: readonly object[],
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const open = methodOf(client, name);
    const stream = open(inFiveSeconds(), callbackFor(resolve, reject)) as ClientWritableStream<object>;
    for (const message of messages) stream.write(message);
    stream.end();
  });
}

/** Every message of an answer. */
export async function receiveAll<Response>(
  client: Client,
  name: string,
  request: object,
): Promise<Response[]> {
  const stream = methodOf(client, name)(request, inFiveSeconds()) as ClientReadableStream<Response>;
  const messages: Response[] = [];
  for await (const message of stream) messages.push(message as Response);
  return messages;
}

export function duplex<Request, Response>(
  client: Client,
  name: string,
): ClientDuplexStream<Request, Response> {
  return methodOf(client, name)(inFiveSeconds()) as ClientDuplexStream<Request, Response>;
}

function callbackFor<Response>(
  resolve: (response: Response) => void,
  reject: (error: Error) => void,
): Callback<Response> {
  return (error, response) => {
    if (error === null) resolve(response);
    else reject(error);
  };
}
