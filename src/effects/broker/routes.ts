import type { Duplex } from 'node:stream';
import type { Observable, Subscription } from 'rxjs';
import type { ChannelInterface } from '@grpc/grpc-js';
import type { Announcement } from '../../go-plugin/index.js';
import type { Security } from '../tls/security.js';
import type { Acceptor } from './acceptor.js';
import type { BrokerState, ConnInfo } from './broker-state.js';

/** The connection to a plugin, as far as its broker needs it. */
export interface BrokerChannel {
  readonly grpc: ChannelInterface;
  readonly security: Security;
  readonly broker: BrokerState;
  readonly routes: BrokerRoutes;
  readonly process: { readonly scope: Subscription };
  /** Ends the connection, as the plugin exceeded a limit; `what` it sent goes into the error. */
  endForLimit(what: string): void;
}

/** How brokered connections are made: to addresses of their own, or as streams of one socket. */
export interface BrokerRoutes {
  /** Handles a message of the plugin on the control stream. Returns what is beyond a limit; `null`: nothing is. */
  receive(message: ConnInfo): string | null;
  /** Emits once where the plugin serves an id. Errors with a PluginError once the broker is closed. */
  announcementOf(id: number): Observable<Announcement>;
  /**
   * Emits a raw connection to an announced address, or errors with the reason. `queuedChanged` is called with `true` when
   * earlier dials come first, and with `false` when this one begins.
   */
  open(
    id: number,
    announcement: Announcement,
    queuedChanged: (isQueued: boolean) => void,
  ): Observable<Duplex>;
  /** Makes an acceptor reachable for the plugin by an id. Rejects with a PluginError. */
  offer(id: number, acceptor: Acceptor): Promise<BrokerOffer>;
}

/** An acceptor that the plugin can reach. */
export interface BrokerOffer {
  /** For example `unix:/run/…/host-1-3f9a04`, or `yamux:1`. */
  readonly address: string;
  /** Accepts no more connections for the id. */
  readonly withdraw: () => void;
}
