import type { Duplex } from 'node:stream';
import type { Observable } from 'rxjs';
import type { Announcement } from '../../go-plugin/index.js';
import type { Acceptor } from './acceptor.js';
import type { ConnInfo } from './broker-state.js';

/** How the connections beside the main one come about: by addresses of their own, or as streams of one socket. */
export interface BrokerRoutes {
  /** The plugin has said something on the control stream. */
  receive(message: ConnInfo): void;
  /** Emits once where the plugin serves an id. Errors with a PluginError when this will not be known any more. */
  announcementOf(id: number): Observable<Announcement>;
  /**
   * Emits a raw connection to what was announced, and errors with what keeps it from being one. `waits` hears when it
   * has to wait for others, and when its turn has come.
   */
  open(id: number, announcement: Announcement, waits: (waits: boolean) => void): Observable<Duplex>;
  /** Lets the plugin reach an acceptor by an id. Rejects with a PluginError. */
  offer(id: number, acceptor: Acceptor): Promise<BrokerOffer>;
}

export interface BrokerOffer {
  /** For example `unix:/run/…/host-1-3f9a04`. */
  readonly address: string;
  /** The plugin cannot reach it any more. */
  readonly withdraw: () => void;
}
