import type { Server } from '@grpc/grpc-js';
import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo, type ListenOptions, type Server as Listener } from 'node:net';
import { join } from 'node:path';
import { messageOf, PluginError } from '../model/index.js';
import { createAcceptor, type Acceptor } from './acceptor.js';
import type { GenerationChannel } from './dial.js';

/** A server of the host's for one plugin, reached by its id. It ends with the plugin's process at the latest. */
export interface BrokeredServer {
  readonly id: number;
  /** For example `unix:/run/…/host-1-3f9a04`. */
  readonly address: string;
  /** Ends the calls that are in flight, and removes the socket. */
  close(): void;
}

/** Serves on an id: opens a listener of its own, and tells the plugin where it is. */
export async function serveBrokered(
  channel: GenerationChannel,
  id: number,
  register: (server: Server) => void,
): Promise<BrokeredServer> {
  const { broker, process, security, network } = channel;
  if (security.server === 'none') throw withoutCertificate();
  throwIfClosed(channel);
  const acceptor = createAcceptor(register, security.server);
  const path = join(process.socketDirectory, `host-${id}-${randomBytes(3).toString('hex')}`);
  const listener = await listen(network === 'unix' ? { path } : { host: '127.0.0.1', port: 0 }, acceptor);
  const address = network === 'unix' ? path : `127.0.0.1:${(listener.address() as AddressInfo).port}`;

  const close = (): void => {
    process.scope.remove(close);
    listener.close();
    acceptor.close();
  };
  // Runs at once if the process ended meanwhile.
  process.scope.add(close);
  throwIfClosed(channel);
  broker.tell({ service_id: id, network, address });
  return { id, address: `${network}:${address}`, close };
}

function throwIfClosed({ broker }: GenerationChannel): void {
  const reason = broker.closedBecause();
  if (reason !== null) throw reason;
}

function listen(where: ListenOptions, acceptor: Acceptor): Promise<Listener> {
  const listener = createServer((socket) => {
    acceptor.accept(socket);
  });
  return new Promise((resolve, reject) => {
    listener.on('error', (error) => {
      acceptor.close();
      reject(unbound(where, error));
    });
    listener.listen(where, () => {
      resolve(listener);
    });
  });
}

function unbound({ path, host }: ListenOptions, error: Error): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The host cannot listen on ${path ?? host ?? ''}: ${messageOf(error)}.`,
    hint: 'See the cause for what the operating system said.',
    cause: error,
  });
}

function withoutCertificate(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'The host has no certificate to serve the plugin with.',
    hint: 'Give the option tls a certificate and its privateKey.',
  });
}
