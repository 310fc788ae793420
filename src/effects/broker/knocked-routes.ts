import type { Duplex } from 'node:stream';
import { Observable, of } from 'rxjs';
import { arrive, knock, noKnocks, serve, withdraw, type KnockAnswer } from '../../go-plugin/index.js';
import { PluginError } from '../../model/index.js';
import type { YamuxSession } from '../yamux/index.js';
import type { Acceptor } from './acceptor.js';
import type { BrokerDesk } from './desk.js';
import type { BrokerRoutes } from './routes.js';

/** One dial of ours that has knocked, or waits for its turn to. */
interface Dial {
  readonly id: number;
  begin(): void;
  settle(error: string): void;
}

/**
 * Every connection is a stream of the one socket. Nothing in a stream says what it is for, so whoever wants to open one
 * knocks first, on the control stream, and opens it when the other side is ready for it.
 */
export function createKnockedRoutes(
  desk: BrokerDesk,
  session: YamuxSession,
  now: () => number,
): BrokerRoutes {
  const acceptors = new Map<number, Acceptor>();
  let state = noKnocks;
  /** Ours, one after the other: the plugin hands each stream to the knock that it has answered last. */
  const dials: Dial[] = [];

  const say = (id: number, ack: boolean, error = ''): void => {
    desk.tell({ service_id: id, network: '', address: '', knock: { knock: true, ack, error } });
  };
  const take = (step: { readonly state: typeof state; readonly answer: KnockAnswer | null }): void => {
    ({ state } = step);
    if (step.answer !== null) say(step.answer.id, true, step.answer.error);
  };
  const leave = (dial: Dial): void => {
    const at = dials.indexOf(dial);
    if (at < 0) return;
    dials.splice(at, 1);
    if (at === 0) dials[0]?.begin();
  };
  const acknowledged = (id: number, error: string): void => {
    const dial = dials[0]?.id === id ? dials[0] : undefined;
    // The plugin waits for a stream now, also if nobody here does any more: the next one would be taken for this one.
    if (dial === undefined && error === '') fill(session);
    dial?.settle(error);
  };

  session.onStream((stream) => {
    const arrival = arrive(state);
    ({ state } = arrival);
    const acceptor = arrival.id === null ? undefined : acceptors.get(arrival.id);
    if (acceptor === undefined) stream.on('error', () => undefined).destroy();
    else acceptor.accept(stream);
  });

  return {
    received({ service_id: id, knock: said }) {
      if (said?.knock !== true) return;
      if (said.ack) acknowledged(id, said.error);
      else take(knock(state, id, now()));
    },
    announcementOf: (id) => of({ network: 'yamux', address: String(id) }),
    open: (id) =>
      new Observable<Duplex>((subscriber) => {
        const closed = desk.closedBecause();
        if (closed !== null) {
          subscriber.error(closed);
          return;
        }
        const dial: Dial = {
          id,
          begin() {
            say(id, false);
          },
          settle(error) {
            if (error !== '') subscriber.error(refused(id, error));
            else openOn(session, subscriber);
            leave(dial);
          },
        };
        const calledOff = desk.onClose((reason) => {
          subscriber.error(reason);
        });
        dials.push(dial);
        if (dials[0] === dial) dial.begin();
        return () => {
          calledOff();
          leave(dial);
        };
      }),
    offer(id, acceptor) {
      acceptors.set(id, acceptor);
      take(serve(state, id, now()));
      return Promise.resolve({
        address: `yamux:${id}`,
        withdraw() {
          acceptors.delete(id);
          state = withdraw(state, id);
        },
      });
    },
  };
}

function openOn(
  session: YamuxSession,
  subscriber: { next(stream: Duplex): void; error(error: unknown): void; complete(): void },
): void {
  try {
    subscriber.next(session.open());
    subscriber.complete();
  } catch (error) {
    subscriber.error(error);
  }
}

function fill(session: YamuxSession): void {
  try {
    session.open().destroy();
  } catch {
    // The session has ended, and with it every expectation.
  }
}

function refused(id: number, said: string): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The plugin refused the knock for id ${id}: ${said}.`,
    hint: 'Let the plugin serve an id before it hands it out, and until it has been dialled.',
    facts: { id },
  });
}
