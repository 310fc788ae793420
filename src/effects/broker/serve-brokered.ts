import type { Server } from '@grpc/grpc-js';
import { PluginError } from '../../model/index.js';
import { createAcceptor } from './acceptor.js';
import type { BrokerChannel } from './routes.js';

/** A server of the host for one plugin, which reaches it by its id. It is closed with the plugin's process at the latest. */
export interface BrokeredServer {
  readonly id: number;
  /** For example `unix:/run/…/host-1-3f9a04`; `yamux:1` on a multiplexed connection. */
  readonly address: string;
  /** Ends the calls that are in flight, and removes the socket. */
  close(): void;
}

/**
 * Serves on an id and announces it to the plugin. `register` adds the services. Rejects with BROKER_REFUSED when the
 * broker is closed, the host cannot listen, or it has no certificate to serve with.
 */
export async function serveBrokered(
  { broker, routes, process, security }: BrokerChannel,
  id: number,
  register: (server: Server) => void,
): Promise<BrokeredServer> {
  const throwIfClosed = (): void => {
    const reason = broker.closeReason();
    if (reason !== null) throw reason;
  };
  if (security.server === 'none') throw noCertificateError();
  throwIfClosed();
  const acceptor = createAcceptor(register, security.server);
  const { address, withdraw } = await routes.offer(id, acceptor).catch((error: unknown) => {
    acceptor.close();
    throw error;
  });
  const close = (): void => {
    process.scope.remove(close);
    withdraw();
    acceptor.close();
  };
  // Runs at once if the process has ended in the meantime.
  process.scope.add(close);
  throwIfClosed();
  return { id, address, close };
}

function noCertificateError(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'The host has no certificate to serve the plugin with.',
    hint: 'Give the option tls a certificate and its privateKey.',
  });
}
