import type { Duplex } from 'node:stream';
import type { Observable } from 'rxjs';
import type { DialEvent } from '../../machines/effects.js';
import type { PluginError } from '../../model/index.js';
import type { BrokerState } from '../broker/broker-state.js';
import type { BrokerRoutes } from '../broker/routes.js';

/** The raw connections between the host and one process. */
export interface Transport {
  /** Whether one socket carries every connection. */
  readonly multiplexed: boolean;
  /** Opens a raw connection for gRPC to the plugin. Errors with the reason. */
  open(): Observable<Duplex>;
  /** How brokered connections are made; to be called once, when the plugin is connected. */
  createRoutes(broker: BrokerState): BrokerRoutes;
  /** Emits once when no connection to the plugin is left and there can be no other. */
  readonly lost: Observable<PluginError>;
  /** What is known about a failed dial beside its error; `null`: nothing. */
  dialFailure(): DialEvent | null;
  /** Emits an error if the plugin serves TLS without having announced it; `null` if it does not, or that is unknown. */
  detectTls(): Observable<PluginError | null>;
  /** Closes every connection that this transport keeps open. */
  close(): void;
}
