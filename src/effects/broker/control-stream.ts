import { status as code } from '@grpc/grpc-js';
import { asapScheduler, Observable, subscribeOn } from 'rxjs';
import { PluginError } from '../../model/index.js';
import type { GenerationChannel } from '../connection/dial.js';
import type { ConnInfo } from './broker-state.js';
import { callDuplex, statusOf } from '../grpc/client-call.js';
import { services } from '../rpc/contract.js';

/**
 * Keeps the broker's control stream. It is opened once for each process: a Go plugin's broker ends for good with its
 * first stream. A plugin without a broker is no failure until somebody wants to use it.
 */
export function runControlStream({ channel }: { readonly channel: GenerationChannel }): Observable<never> {
  return new Observable((subscriber) => {
    const { broker, grpc, routes } = channel;
    const end = (error: PluginError): void => {
      broker.close(error);
      subscriber.complete();
    };
    return (
      callDuplex<ConnInfo, ConnInfo>(grpc, services.plugin.GRPCBroker, 'StartStream', broker.outgoing)
        // The first probe goes first: a start waits for it.
        .pipe(subscribeOn(asapScheduler))
        .subscribe({
          next: (message) => {
            routes.receive(message);
          },
          error: (error: unknown) => {
            end(statusOf(error).code === code.UNIMPLEMENTED ? noBrokerError() : streamEndedError());
          },
          complete: () => {
            end(streamEndedError());
          },
        })
    );
  });
}

function noBrokerError(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'The plugin has no GRPCBroker.',
    hint: 'Let the plugin serve plugin.GRPCBroker, or do without connections beside the main one.',
  });
}

function streamEndedError(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: "The broker's control stream has ended.",
    hint: 'Nothing can be brokered with this process any more; restart the plugin.',
  });
}
