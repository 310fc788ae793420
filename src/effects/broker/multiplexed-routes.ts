import type { Duplex } from 'node:stream';
import { Observable, of } from 'rxjs';
import { streamOpened, knock, noKnocks, serve, withdraw, type KnockStep } from '../../go-plugin/index.js';
import type { PluginError } from '../../model/index.js';
import type { YamuxSession } from '../yamux/index.js';
import type { Acceptor } from './acceptor.js';
import type { BrokerState } from './broker-state.js';
import { createKnockQueue } from './knock-queue.js';
import type { BrokerRoutes } from './routes.js';

/**
 * Every connection is a stream of the one socket. Nothing in a stream says what it is for, so whoever wants to open one
 * knocks first, on the control stream, and opens it when the other side is ready for it.
 */
export function createMultiplexedRoutes(
  broker: BrokerState,
  session: YamuxSession,
  now: () => number,
): BrokerRoutes {
  const acceptors = new Map<number, Acceptor>();
  let state = noKnocks;

  const sendKnock = (id: number, ack: boolean, error = ''): void => {
    broker.send({ service_id: id, network: '', address: '', knock: { knock: true, ack, error } });
  };
  const apply = (step: KnockStep): void => {
    ({ state } = step);
    if (step.answer !== null) sendKnock(step.answer.id, true, step.answer.error);
  };
  const knockQueue = createKnockQueue((id) => {
    sendKnock(id, false);
  });

  session.onStream((stream) => {
    const arrival = streamOpened(state);
    ({ state } = arrival);
    const acceptor = arrival.id === null ? undefined : acceptors.get(arrival.id);
    if (acceptor === undefined) stream.on('error', () => undefined).destroy(unexpectedStreamError());
    else acceptor.accept(stream);
  });

  return {
    receive({ service_id: id, knock: said }) {
      if (said?.knock !== true) return;
      if (!said.ack) apply(knock(state, id, now()));
      // The plugin waits for a stream now, also if nobody here does any more: the next one would be taken for this one.
      else if (!knockQueue.answered(id, said.error) && said.error === '') openUnusedStream(session);
    },
    announcementOf: (id) => of({ network: 'yamux', address: String(id) }),
    open: (id, _, waits) =>
      new Observable<Duplex>((subscriber) => {
        const closed = broker.closeReason();
        if (closed !== null) {
          subscriber.error(closed);
          return;
        }
        const calledOff = broker.onClose((reason) => {
          subscriber.error(reason);
        });
        const settle = (refusal: PluginError | null): void => {
          if (refusal !== null) subscriber.error(refusal);
          else openOn(session, subscriber);
        };
        const leave = knockQueue.enqueue(id, settle, waits);
        return () => {
          calledOff();
          leave();
        };
      }),
    offer(id, acceptor) {
      acceptors.set(id, acceptor);
      apply(serve(state, id, now()));
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

function unexpectedStreamError(): Error {
  return new Error('The plugin opened a stream that nobody has let in.');
}

function openUnusedStream(session: YamuxSession): void {
  try {
    session
      .open()
      .on('error', () => undefined)
      .destroy();
  } catch {
    // The session has ended, and with it every expectation.
  }
}
