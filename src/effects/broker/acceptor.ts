import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import type { ServerTls } from '../tls/security.js';

/** A gRPC server that is handed its connections one by one, wherever they come from. */
export interface Acceptor {
  accept(raw: Duplex): void;
  /** Ends the calls that are in flight, and every connection. */
  close(): void;
}

/** `register` adds the services. With `tls`, each connection has to prove first who it is. */
export function createAcceptor(register: (server: Server) => void, tls: ServerTls | null): Acceptor {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  register(server);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const raws = new Set<Duplex>();
  const inject = (socket: Duplex): void => {
    injector.injectConnection(socket);
  };
  const secure = tls === null ? null : secured(tls, inject);
  return {
    accept(raw) {
      raws.add(raw);
      // Whoever connects may go at any time.
      raw.on('error', () => undefined).once('close', () => raws.delete(raw));
      if (secure === null) inject(raw);
      else secure.emit('connection', raw);
    },
    close() {
      server.forceShutdown();
      for (const raw of raws) raw.destroy();
    },
  };
}

/** A TLS server that listens nowhere. It trusts no certificate but the pinned one, even if that one has signed it. */
function secured({ options, pinned }: ServerTls, take: (socket: TLSSocket) => void) {
  return createServer(options, (socket) => {
    const isMeant = pinned === null || (socket.getPeerX509Certificate()?.raw.equals(pinned) ?? false);
    if (isMeant) take(socket.on('error', () => undefined));
    else socket.destroy();
  }).on('tlsClientError', (_, socket) => {
    socket.destroy();
  });
}
