import { status as code } from '@grpc/grpc-js';
import { asapScheduler, Observable, subscribeOn } from 'rxjs';
import { PluginError } from '../../model/index.js';
import { callDuplex, statusOf } from '../grpc/client-call.js';
import { services } from '../rpc/contract.js';
import type { ConnInfo } from './broker-state.js';
import type { BrokerChannel } from './routes.js';

/**
 * Runs the control stream of the broker. It is opened once for each process, as a Go plugin's broker ends for good with
 * its first stream. When it ends, or the plugin has no broker, the broker is closed; that is an error only for the next
 * brokered call.
 */
export function runControlStream({ channel }: { readonly channel: BrokerChannel }): Observable<never> {
  return new Observable((subscriber) => {
    const { broker, grpc, routes } = channel;
    const endForUnread = (): void => {
      channel.endForLimit('knocks without reading the answers');
    };
    const end = (error: PluginError): void => {
      broker.close(error);
      subscriber.complete();
    };
    return (
      callDuplex<ConnInfo, ConnInfo>(
        grpc,
        services.plugin.GRPCBroker,
        'StartStream',
        broker.outgoing,
        endForUnread,
      )
        // After the first health check, for which a start waits.
        .pipe(subscribeOn(asapScheduler))
        .subscribe({
          next: (message) => {
            const excess = routes.receive(message);
            if (excess !== null) channel.endForLimit(excess);
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
    hint: 'No more connections can be brokered with this process; restart the plugin.',
  });
}
