import type { Duplex } from 'node:stream';
import { Observable, of } from 'rxjs';
import { streamOpened, knock, noKnocks, serve, withdraw, type KnockStep } from '../../go-plugin/index.js';
import type { YamuxSession } from '../yamux/index.js';
import type { Acceptor } from './acceptor.js';
import type { BrokerState } from './broker-state.js';
import { createKnockQueue } from './knock-queue.js';
import type { BrokerRoutes } from './routes.js';

/**
 * Routes where every connection is a stream of the one socket. A stream does not say which id it is for, so the side that
 * opens one knocks first, on the control stream, and opens it when the other side has acknowledged.
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
    const opened = streamOpened(state);
    ({ state } = opened);
    const acceptor = opened.id === null ? undefined : acceptors.get(opened.id);
    if (acceptor === undefined) stream.on('error', () => undefined).destroy(unexpectedStreamError());
    else acceptor.accept(stream);
  });
  const openAfterKnock = (id: number, queuedChanged: (isQueued: boolean) => void): Observable<Duplex> =>
    new Observable((subscriber) =>
      knockQueue.enqueue(
        id,
        (refusal) => {
          if (refusal !== null) subscriber.error(refusal);
          else openOn(session, subscriber);
        },
        queuedChanged,
      ),
    );

  return {
    receive({ service_id: id, knock: received }) {
      if (received?.knock !== true) return null;
      if (!received.ack) apply(knock(state, id, now()));
      // The plugin now expects a stream, also when the knock was cancelled; it would take the next one for this one.
      else if (!knockQueue.answered(id, received.error) && received.error === '') openUnusedStream(session);
      return null;
    },
    announcementOf: (id) => of({ network: 'yamux', address: String(id) }),
    open: (id, _, queuedChanged) => broker.whileOpen(openAfterKnock(id, queuedChanged)),
    offer(id, acceptor) {
      acceptors.set(id, acceptor);
      apply(serve(state, id, now()));
      return Promise.resolve({
        address: `yamux:${id}`,
        withdraw() {
          // Another acceptor may serve the id by now.
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
  return new Error('The plugin opened a stream without a knock that was acknowledged.');
}

function openUnusedStream(session: YamuxSession): void {
  try {
    session
      .open()
      .on('error', () => undefined)
      .destroy();
  } catch {
    // The session has ended, so the plugin expects no stream any more.
  }
}
