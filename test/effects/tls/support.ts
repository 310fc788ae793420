import { once } from 'node:events';
import { connect as connectPlain, createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { createServer as createHttp2Server } from 'node:http2';
import { afterTest } from '../../support/environment.js';
import { listening } from '../../support/listening.js';

/** A TLS server that speaks HTTP/2, and answers nothing. */
export function tlsServer(options: TlsOptions) {
  const http2 = createHttp2Server();
  http2.on('session', (session) => session.on('error', () => undefined));
  const server = createTlsServer({ ALPNProtocols: ['h2'], ...options }, (socket) => {
    socket.on('error', () => undefined);
    http2.emit('connection', socket);
  });
  server.on('tlsClientError', () => undefined);
  return listening(server);
}

export function plainServer(take: (socket: Socket) => void) {
  return listening(createServer(take));
}

/** A raw connection to a port of this machine, gone after the test. */
export async function rawTo(port: number): Promise<Socket> {
  const socket = connectPlain(port, '127.0.0.1').on('error', () => undefined);
  afterTest(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}
