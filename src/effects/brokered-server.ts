import { Server, type ServerCredentials } from '@grpc/grpc-js';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { messageOf, PluginError } from '../model/index.js';
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
  const credentials = security.server;
  if (credentials === null) throw withoutCertificate();
  throwIfClosed(channel);
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  register(server);
  const path = join(process.socketDirectory, `host-${id}-${randomBytes(3).toString('hex')}`);
  const port = await bind(server, network === 'unix' ? `unix:${path}` : '127.0.0.1:0', credentials);
  const address = network === 'unix' ? path : `127.0.0.1:${port}`;

  const close = (): void => {
    process.scope.remove(close);
    server.forceShutdown();
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

function bind(server: Server, target: string, credentials: ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(target, credentials, (error, port) => {
      if (error === null) resolve(port);
      else reject(unbound(target, error));
    });
  });
}

function unbound(target: string, error: Error): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: `The host cannot listen on ${target}: ${messageOf(error)}.`,
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
