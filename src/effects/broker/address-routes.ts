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
import { messageOf, PluginError } from '../../model/index.js';
import type { RunningProcess } from '../process/runner.js';
import type { Address } from '../socket/open-socket.js';
import type { SocketDirectory } from '../socket/socket-directory.js';
import type { Acceptor } from './acceptor.js';
import type { BrokerState } from './broker-state.js';
import type { BrokerRoutes } from './routes.js';

/** How the host and one process reach each other, and where the host makes its own listeners. */
export interface AddressRoutesInput extends Pick<RunningProcess, 'connect' | 'addressFromPlugin'> {
  /** On which network the host listens: that of the plugin itself. */
  readonly network: Address['network'];
  readonly sockets: Pick<SocketDirectory, 'path' | 'share'>;
}

/** Routes where each id has a listener of its own, on either side, whose address is announced. */
export function createAddressRoutes(
  broker: BrokerState,
  { network, sockets, connect, addressFromPlugin }: AddressRoutesInput,
  now: () => number,
): BrokerRoutes {
  const dials = new Map<number, (announcement: Announcement) => void>();
  let state = noAnnouncements;
  let lastTicket = 0;

  const apply = (step: ReturnType<typeof announce>): string | null => {
    ({ state } = step);
    if (step.delivery !== null) dials.get(step.delivery.ticket)?.(step.delivery.announcement);
    return step.excess ?? null;
  };
  const announcementOf = (id: number): Observable<Announcement> =>
    new Observable((subscriber) => {
      lastTicket += 1;
      const ticket = lastTicket;
      dials.set(ticket, (announcement) => {
        subscriber.next(announcement);
        subscriber.complete();
      });
      apply(requestDial(state, id, ticket, now()));
      return () => {
        dials.delete(ticket);
        state = cancelDial(state, ticket);
      };
    });

  return {
    receive: ({ service_id: id, network: announced, address }) =>
      apply(announce(state, id, { network: announced, address }, now())),
    announcementOf: (id) => broker.whileOpen(announcementOf(id)),
    open(_, { network: announced, address }) {
      const error = checkAddress(announced, address);
      return error === null && isNetwork(announced)
        ? connect({ network: announced, address })
        : throwError(() => error);
    },
    async offer(id, acceptor) {
      const listener = await listen(network, join(sockets.path, socketName(id)), acceptor, sockets.share);
      const { address } = addressFromPlugin(listener);
      broker.send({ service_id: id, network, address, knock: null });
      return { address: `${network}:${listener.address}`, withdraw: listener.close };
    },
  };
}

function socketName(id: number): string {
  return `host-${id}-${randomBytes(3).toString('hex')}`;
}

/** Listens on the socket at `path`, or on a free port of the loopback. Rejects with a PluginError. */
async function listen(
  network: Address['network'],
  path: string,
  acceptor: Acceptor,
  share: (path: string) => void,
): Promise<Address & { readonly close: () => void }> {
  const where: ListenOptions = network === 'unix' ? { path } : { host: '127.0.0.1', port: 0 };
  const listener = await startListener(where, acceptor);
  const close = (): void => {
    listener.close();
  };
  try {
    if (network === 'unix') share(path);
  } catch (error) {
    close();
    throw listenError(where, error);
  }
  const address = network === 'unix' ? path : `127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return { network, address, close };
}

function startListener(where: ListenOptions, acceptor: Acceptor): Promise<Listener> {
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
