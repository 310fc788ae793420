import { Observable, Subject } from 'rxjs';
import { abandon, announce, ask, quietBroker, type Announcement } from '../../go-plugin/index.js';
import type { PluginError } from '../../model/index.js';

/** A message on the control stream, as far as brokering without multiplexing goes. */
export interface ConnInfo extends Announcement {
  readonly service_id: number;
}

export type AnnouncementAnswer =
  | { readonly ok: true; readonly announcement: Announcement }
  | { readonly ok: false; readonly error: PluginError };

/** The broker of one generation: what its control stream, its dials and its servers share. */
export interface BrokerDesk {
  /** An id for something that the host serves. The plugin counts its own. */
  nextId(): number;
  /** What the host has to tell, for the control stream to send. */
  readonly outgoing: Observable<ConnInfo>;
  tell(message: ConnInfo): void;
  received(message: ConnInfo): void;
  /** Answers once: where an id is served, or that this will not be known any more. */
  announcementOf(id: number): Observable<AnnouncementAnswer>;
  /** Nothing can be brokered any more, for this reason; the first one counts. */
  close(reason: PluginError): void;
  closedBecause(): PluginError | null;
}

export function createBrokerDesk(now: () => number): BrokerDesk {
  const outgoing = new Subject<ConnInfo>();
  const dials = new Map<number, (answer: AnnouncementAnswer) => void>();
  let state = quietBroker;
  let lastId = 0;
  let lastTicket = 0;
  let closed: PluginError | null = null;

  const take = (step: ReturnType<typeof announce>): void => {
    ({ state } = step);
    if (step.delivery === null) return;
    const { ticket, announcement } = step.delivery;
    dials.get(ticket)?.({ ok: true, announcement });
  };

  return {
    nextId() {
      lastId = (lastId + 1) >>> 0;
      return lastId;
    },
    outgoing,
    tell(message) {
      outgoing.next(message);
    },
    received({ service_id: id, network, address }) {
      take(announce(state, id, { network, address }, now()));
    },
    announcementOf: (id) =>
      new Observable((subscriber) => {
        if (closed !== null) {
          subscriber.next({ ok: false, error: closed });
          subscriber.complete();
          return;
        }
        lastTicket += 1;
        const ticket = lastTicket;
        dials.set(ticket, (answer) => {
          subscriber.next(answer);
          subscriber.complete();
        });
        take(ask(state, id, ticket, now()));
        return () => {
          dials.delete(ticket);
          state = abandon(state, ticket);
        };
      }),
    close(error) {
      closed ??= error;
      for (const answer of [...dials.values()]) answer({ ok: false, error: closed });
    },
    closedBecause: () => closed,
  };
}
