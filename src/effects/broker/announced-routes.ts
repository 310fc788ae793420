import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type ListenOptions, type Server as Listener } from 'node:net';
import { join } from 'node:path';
import { Observable, throwError } from 'rxjs';
import {
  abandon,
  announce,
  ask,
  checkAddress,
  isNetwork,
  quietBroker,
  type Announcement,
} from '../../go-plugin/index.js';
import { messageOf, PluginError, type Handshake } from '../../model/index.js';
import type { RunningProcess } from '../process.js';
import { openSocket } from '../socket.js';
import type { Acceptor } from './acceptor.js';
import type { BrokerDesk } from './desk.js';
import type { BrokerRoutes } from './routes.js';

/** Where the host's own listeners are made. */
interface Places extends Pick<RunningProcess, 'socketDirectory' | 'shareSocket'> {
  readonly network: Handshake['network'];
}

/** A listener for each id, on either side, whose address is announced. */
export function createAnnouncedRoutes(
  desk: BrokerDesk,
  { network, socketDirectory, shareSocket }: Places,
  now: () => number,
): BrokerRoutes {
  const dials = new Map<number, (where: Announcement) => void>();
  let state = quietBroker;
  let lastTicket = 0;

  const take = (step: ReturnType<typeof announce>): void => {
    ({ state } = step);
    if (step.delivery !== null) dials.get(step.delivery.ticket)?.(step.delivery.announcement);
  };

  return {
    received({ service_id: id, network, address }) {
      take(announce(state, id, { network, address }, now()));
    },
    announcementOf: (id) =>
      new Observable((subscriber) => {
        const closed = desk.closedBecause();
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
        const calledOff = desk.onClose((reason) => {
          subscriber.error(reason);
        });
        take(ask(state, id, ticket, now()));
        return () => {
          calledOff();
          dials.delete(ticket);
          state = abandon(state, ticket);
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
        throw unbound(where, error);
      }
      const address = network === 'unix' ? path : `127.0.0.1:${(listener.address() as AddressInfo).port}`;
      desk.tell({ service_id: id, network, address, knock: null });
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
      reject(unbound(where, error));
    });
    listener.listen(where, () => {
      resolve(listener);
    });
  });
}

function unbound({ path, host }: ListenOptions, cause: unknown): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The host cannot listen on ${path ?? host ?? ''}: ${messageOf(cause)}.`,
    hint: 'See the cause for what the operating system said.',
    cause,
  });
}
