import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import type { Address } from '../../src/effects/socket/open-socket.js';
import { afterTest } from './environment.js';

/** The common interface of servers of node:net, node:tls and node:http2. */
interface Listener extends NodeJS.EventEmitter {
  listen(port: number, host: string): unknown;
  close(): unknown;
  address(): AddressInfo | string | null;
}

/** The address of a server, and its connections. */
export interface Listening {
  readonly address: Address;
  /** The target of grpc-js. */
  readonly target: string;
  readonly port: number;
  readonly sockets: ReadonlySet<Socket>;
}

/** Listens on a free port of 127.0.0.1 until the end of the test. */
export async function listening(server: Listener): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterTest(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  const target = `127.0.0.1:${port}`;
  return { address: { network: 'tcp', address: target }, target, port, sockets };
}
