import { Observable } from 'rxjs';
import type { PluginError } from '../../model/index.js';

/** A message on the broker's control stream. */
export interface ConnInfo {
  readonly service_id: number;
  readonly network: string;
  readonly address: string;
  /** Only on a multiplexed connection. */
  readonly knock: Knock | null;
}

export interface Knock {
  readonly knock: boolean;
  readonly ack: boolean;
  readonly error: string;
}

/** The host's end of one process's broker: its ids, its control stream, and whether it is still open. */
export interface BrokerState {
  /** An id for something that the host serves. The plugin counts its own. */
  nextId(): number;
  /** What the host has to tell, for the control stream to send: also what was said before there was one. */
  readonly outgoing: Observable<ConnInfo>;
  /** Says nothing once the desk is closed. */
  send(message: ConnInfo): void;
  /** Nothing can be brokered any more, for this reason; the first one counts. */
  close(reason: PluginError): void;
  closeReason(): PluginError | null;
  /** Calls back when it is closed; returns how to call that off. */
  onClose(listener: (reason: PluginError) => void): () => void;
}

export function createBrokerState(): BrokerState {
  const unsent: ConnInfo[] = [];
  const listeners = new Set<(reason: PluginError) => void>();
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
      for (const listener of [...listeners]) listener(reason);
    },
    closeReason: () => closed,
    onClose(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
