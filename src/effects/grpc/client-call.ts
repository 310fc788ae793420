import { Client, credentials, status, type ServiceClientConstructor, type ServiceError } from '@grpc/grpc-js';
import type { ChannelInterface } from '@grpc/grpc-js';
import { Observable } from 'rxjs';
import { messageLimits } from '../../model/limits.js';
import { isSaidByServer } from './said-by-server.js';
import { hostCallSettings, type CallWithSettings } from './call-settings.js';

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

/**
 * Calls one method that streams both ways; the call ends when it is unsubscribed, not with the requests. `overLimit` is
 * called when more requests wait than the limit allows, as the server does not read them.
 */
export function callDuplex<Request, Response>(
  channel: ChannelInterface,
  service: ServiceClientConstructor,
  method: string,
  requests: Observable<Request>,
  overLimit: () => void,
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
      if (call.writableLength > messageLimits.unsentMessages) overLimit();
      else call.write(request);
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
  const isUnary = !definition.requestStream && !definition.responseStream;
  const createCall: (...call: CallWithSettings) => ReturnType<typeof channel.createCall> =
    channel.createCall.bind(channel);
  const ofHost = Object.assign(Object.create(channel) as ChannelInterface, {
    createCall: (...[path, deadline, host, parent, flags]: Parameters<typeof channel.createCall>) =>
      createCall(path, deadline, host, parent, flags, hostCallSettings, isUnary),
  });
  return { definition, client: new Client('', credentials.createInsecure(), { channelOverride: ofHost }) };
}

/** The gRPC status of a call that failed: its code and its message. */
export interface CallStatus {
  readonly code: status;
  readonly details: string;
}

/**
 * The gRPC status of a failed call, and what it said. UNIMPLEMENTED is what a gRPC server says of a method; where it
 * comes from elsewhere, as for the 404 of a web server, the code is UNKNOWN.
 */
export function statusOf(error: unknown): CallStatus {
  const { code = status.UNKNOWN, details, message, metadata } = error as Partial<ServiceError>;
  const isClaimed = code === status.UNIMPLEMENTED && !isSaidByServer(metadata, code);
  return { code: isClaimed ? status.UNKNOWN : code, details: details ?? message ?? String(error) };
}
