import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Duplex } from 'node:stream';
import { createServer, type TLSSocket } from 'node:tls';
import type { ServerTls } from '../tls/security.js';

/** A gRPC server that does not listen; each connection is passed to it. */
export interface Acceptor {
  /** Serves on a connection, after its TLS handshake where TLS is on. */
  accept(raw: Duplex): void;
  /** Ends the calls that are in flight, and every connection. */
  close(): void;
}

/** Makes a server. `register` adds the services. With `tls`, each client has to present its certificate. */
export function createAcceptor(register: (server: Server) => void, tls: ServerTls | null): Acceptor {
  const server = new Server({ 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
  register(server);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const raws = new Set<Duplex>();
  const inject = (socket: Duplex): void => {
    injector.injectConnection(socket);
  };
  const secure = tls === null ? null : createTlsServer(tls, inject);
  return {
    accept(raw) {
      raws.add(raw);
      // A client may disconnect at any time.
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

/** A TLS server that does not listen. Where a certificate is pinned, it accepts no other one, even if signed by that. */
function createTlsServer({ options, pinned }: ServerTls, take: (socket: TLSSocket) => void) {
  return createServer(options, (socket) => {
    const isTrusted = pinned === null || (socket.getPeerX509Certificate()?.raw.equals(pinned) ?? false);
    if (isTrusted) take(socket.on('error', () => undefined));
    else socket.destroy();
  }).on('tlsClientError', (_, socket) => {
    socket.destroy();
  });
}
