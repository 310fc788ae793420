import { Client, credentials, status, type ServiceClientConstructor, type ServiceError } from '@grpc/grpc-js';
import type { ChannelInterface } from '@grpc/grpc-js';
import { Observable } from 'rxjs';

/** Calls one unary method. Unsubscribing cancels the call; the deadline is the subscriber's. */
export function callUnary<Response>(
  channel: ChannelInterface,
  service: ServiceClientConstructor,
  method: string,
  request: object,
): Observable<Response> {
  return new Observable((subscriber) => {
    const { definition, client } = prepare(channel, service, method);
    const call = client.makeUnaryRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      request,
      (error: ServiceError | null, response?: unknown) => {
        if (error !== null) {
          subscriber.error(error);
          return;
        }
        subscriber.next(response as Response);
        subscriber.complete();
      },
    );
    return () => {
      call.cancel();
    };
  });
}

/** Calls one server-streaming method. Unsubscribing cancels the call. */
export function callStream<Response>(
  channel: ChannelInterface,
  service: ServiceClientConstructor,
  method: string,
  request: object,
): Observable<Response> {
  return new Observable((subscriber) => {
    const { definition, client } = prepare(channel, service, method);
    const call = client.makeServerStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      request,
    );
    call.on('data', (message: Response) => {
      subscriber.next(message);
    });
    call.on('error', (error: Error) => {
      subscriber.error(error);
    });
    call.on('end', () => {
      subscriber.complete();
    });
    return () => {
      call.cancel();
    };
  });
}

/** Calls one method that streams both ways; the call ends when it is unsubscribed, not with the requests. */
export function callDuplex<Request, Response>(
  channel: ChannelInterface,
  service: ServiceClientConstructor,
  method: string,
  requests: Observable<Request>,
): Observable<Response> {
  return new Observable((subscriber) => {
    const { definition, client } = prepare(channel, service, method);
    const call = client.makeBidiStreamRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
    );
    call.on('data', (message: Response) => {
      subscriber.next(message);
    });
    call.on('error', (error: Error) => {
      subscriber.error(error);
    });
    call.on('end', () => {
      subscriber.complete();
    });
    const sending = requests.subscribe((request) => {
      call.write(request);
    });
    return () => {
      sending.unsubscribe();
      call.cancel();
    };
  });
}

function prepare(channel: ChannelInterface, service: ServiceClientConstructor, method: string) {
  const definition = service.service[method];
  if (definition === undefined) throw new Error(`The contract has no method ${method}.`);
  return { definition, client: new Client('', credentials.createInsecure(), { channelOverride: channel }) };
}

/** The gRPC status of a call that failed: its code and its message. */
export interface CallStatus {
  readonly code: status;
  readonly details: string;
}

/** The gRPC status of a failed call, and what it said. */
export function statusOf(error: unknown): CallStatus {
  const { code, details, message } = error as Partial<ServiceError>;
  return { code: code ?? status.UNKNOWN, details: details ?? message ?? String(error) };
}
