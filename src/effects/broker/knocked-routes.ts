import type { Duplex } from 'node:stream';
import { Observable, of } from 'rxjs';
import { arrive, knock, noKnocks, serve, withdraw, type KnockStep } from '../../go-plugin/index.js';
import type { PluginError } from '../../model/index.js';
import type { YamuxSession } from '../yamux/index.js';
import type { Acceptor } from './acceptor.js';
import type { BrokerDesk } from './desk.js';
import { createKnockTurns } from './knock-turns.js';
import type { BrokerRoutes } from './routes.js';

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

  const say = (id: number, ack: boolean, error = ''): void => {
    desk.tell({ service_id: id, network: '', address: '', knock: { knock: true, ack, error } });
  };
  const take = (step: KnockStep): void => {
    ({ state } = step);
    if (step.answer !== null) say(step.answer.id, true, step.answer.error);
  };
  const turns = createKnockTurns((id) => {
    say(id, false);
  });

  session.onStream((stream) => {
    const arrival = arrive(state);
    ({ state } = arrival);
    const acceptor = arrival.id === null ? undefined : acceptors.get(arrival.id);
    if (acceptor === undefined) stream.on('error', () => undefined).destroy(unasked());
    else acceptor.accept(stream);
  });

  return {
    received({ service_id: id, knock: said }) {
      if (said?.knock !== true) return;
      if (!said.ack) take(knock(state, id, now()));
      // The plugin waits for a stream now, also if nobody here does any more: the next one would be taken for this one.
      else if (!turns.answered(id, said.error) && said.error === '') fill(session);
    },
    announcementOf: (id) => of({ network: 'yamux', address: String(id) }),
    open: (id, _, waits) =>
      new Observable<Duplex>((subscriber) => {
        const closed = desk.closedBecause();
        if (closed !== null) {
          subscriber.error(closed);
          return;
        }
        const calledOff = desk.onClose((reason) => {
          subscriber.error(reason);
        });
        const settle = (refusal: PluginError | null): void => {
          if (refusal !== null) subscriber.error(refusal);
          else openOn(session, subscriber);
        };
        const leave = turns.take(id, settle, waits);
        return () => {
          calledOff();
          leave();
        };
      }),
    offer(id, acceptor) {
      acceptors.set(id, acceptor);
      take(serve(state, id, now()));
      return Promise.resolve({
        address: `yamux:${id}`,
        withdraw() {
          // Somebody else may serve the id by now.
          if (acceptors.get(id) !== acceptor) return;
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
  let stream: Duplex;
  try {
    stream = session.open();
  } catch (error) {
    subscriber.error(error);
    return;
  }
  subscriber.next(stream);
  subscriber.complete();
}

function unasked(): Error {
  return new Error('The plugin opened a stream that nobody has let in.');
}

function fill(session: YamuxSession): void {
  try {
    session
      .open()
      .on('error', () => undefined)
      .destroy();
  } catch {
    // The session has ended, and with it every expectation.
  }
}
