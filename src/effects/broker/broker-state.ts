import { Observable } from 'rxjs';
import type { PluginError } from '../../model/index.js';

/** A message on the control stream of the broker (`plugin.ConnInfo`). */
export interface ConnInfo {
  readonly service_id: number;
  readonly network: string;
  readonly address: string;
  /** Only on a multiplexed connection. */
  readonly knock: Knock | null;
}

/** A request to open a stream for an id, or the answer to one. */
export interface Knock {
  readonly knock: boolean;
  readonly ack: boolean;
  /** Why the request is refused; empty when it is not. */
  readonly error: string;
}

/** The host's end of one process's broker: its ids, its control stream, and whether it is still open. */
export interface BrokerState {
  /** The next id for a server of the host, from 1 on. The plugin counts its own ids. */
  nextId(): number;
  /** The messages for the control stream to send, those from before its subscription included. One subscriber only. */
  readonly outgoing: Observable<ConnInfo>;
  /** Sends a message to the plugin. Does nothing once the broker is closed. */
  send(message: ConnInfo): void;
  /** Ends the broker for good; only the first reason counts. */
  close(reason: PluginError): void;
  /** `null` while the broker is open. */
  closeReason(): PluginError | null;
  /** The same source, which errors with the reason once the broker is closed. */
  whileOpen<T>(source: Observable<T>): Observable<T>;
}

/** A broker that is open, with no control stream yet. */
export function createBrokerState(): BrokerState {
  const unsent: ConnInfo[] = [];
  const closeListeners = new Set<(reason: PluginError) => void>();
  let send: ((message: ConnInfo) => void) | null = null;
  let lastId = 0;
  let closed: PluginError | null = null;
  return {
    nextId() {
      lastId = (lastId + 1) >>> 0;
      return lastId;
    },
    outgoing: new Observable((subscriber) => {
      send = (message) => {
        subscriber.next(message);
      };
      for (const message of unsent.splice(0)) subscriber.next(message);
      return () => {
        send = null;
      };
    }),
    send(message) {
      if (closed !== null) return;
      if (send === null) unsent.push(message);
      else send(message);
    },
    close(reason) {
      if (closed !== null) return;
      closed = reason;
      for (const listener of [...closeListeners]) listener(reason);
    },
    closeReason: () => closed,
    whileOpen: (source) =>
      new Observable((subscriber) => {
        const fail = (reason: PluginError): void => {
          subscriber.error(reason);
        };
        if (closed !== null) {
          fail(closed);
          return;
        }
        closeListeners.add(fail);
        subscriber.add(() => closeListeners.delete(fail));
        source.subscribe(subscriber);
      }),
  };
}
