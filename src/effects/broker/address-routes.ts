import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type ListenOptions, type Server as Listener } from 'node:net';
import { join } from 'node:path';
import { Observable, throwError } from 'rxjs';
import {
  cancelDial,
  announce,
  requestDial,
  checkAddress,
  isNetwork,
  noAnnouncements,
  type Announcement,
} from '../../go-plugin/index.js';
import { messageOf, PluginError, type Handshake } from '../../model/index.js';
import type { RunningProcess } from '../process/local-process.js';
import { openSocket } from '../socket/open-socket.js';
import type { Acceptor } from './acceptor.js';
import type { BrokerState } from './broker-state.js';
import type { BrokerRoutes } from './routes.js';

/** Where the host's own listeners are made. */
interface ListenerSettings extends Pick<RunningProcess, 'socketDirectory' | 'shareSocket'> {
  readonly network: Handshake['network'];
}

/** A listener for each id, on either side, whose address is announced. */
export function createAddressRoutes(
  broker: BrokerState,
  { network, socketDirectory, shareSocket }: ListenerSettings,
  now: () => number,
): BrokerRoutes {
  const dials = new Map<number, (where: Announcement) => void>();
  let state = noAnnouncements;
  let lastTicket = 0;

  const apply = (step: ReturnType<typeof announce>): void => {
    ({ state } = step);
    if (step.delivery !== null) dials.get(step.delivery.ticket)?.(step.delivery.announcement);
  };

  return {
    receive({ service_id: id, network, address }) {
      apply(announce(state, id, { network, address }, now()));
    },
    announcementOf: (id) =>
      new Observable((subscriber) => {
        const closed = broker.closeReason();
        if (closed !== null) {
          subscriber.error(closed);
          return;
        }
        lastTicket += 1;
        const ticket = lastTicket;
        dials.set(ticket, (where) => {
          subscriber.next(where);
          subscriber.complete();
        });
        const calledOff = broker.onClose((reason) => {
          subscriber.error(reason);
        });
        apply(requestDial(state, id, ticket, now()));
        return () => {
          calledOff();
          dials.delete(ticket);
          state = cancelDial(state, ticket);
        };
      }),
    open(_, { network, address }) {
      const unusable = checkAddress(network, address);
      return unusable === null && isNetwork(network)
        ? openSocket({ network, address })
        : throwError(() => unusable);
    },
    async offer(id, acceptor) {
      const path = join(socketDirectory, `host-${id}-${randomBytes(3).toString('hex')}`);
      const where: ListenOptions = network === 'unix' ? { path } : { host: '127.0.0.1', port: 0 };
      const listener = await listen(where, acceptor);
      try {
        if (network === 'unix') shareSocket(path);
      } catch (error) {
        listener.close();
        throw listenError(where, error);
      }
      const address = network === 'unix' ? path : `127.0.0.1:${(listener.address() as AddressInfo).port}`;
      broker.send({ service_id: id, network, address, knock: null });
      return {
        address: `${network}:${address}`,
        withdraw() {
          listener.close();
        },
      };
    },
  };
}

function listen(where: ListenOptions, acceptor: Acceptor): Promise<Listener> {
  const listener = createServer((socket) => {
    acceptor.accept(socket);
  });
  return new Promise((resolve, reject) => {
    listener.on('error', (error) => {
      reject(listenError(where, error));
    });
    listener.listen(where, () => {
      resolve(listener);
    });
  });
}

function listenError({ path, host }: ListenOptions, cause: unknown): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The host cannot listen on ${path ?? host ?? ''}: ${messageOf(cause)}.`,
    hint: 'See the cause for what the operating system said.',
    cause,
  });
}
