import type { experimental } from '@grpc/grpc-js';
import { connect, type ClientHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Observable } from 'rxjs';

type AuthContext = NonNullable<ReturnType<experimental.CallStream['getAuthContext']>>;

/** An HTTP/2 connection to a server that has greeted us. */
export interface Http2Connection {
  readonly session: ClientHttp2Session;
  readonly scheme: 'http' | 'https';
  /** What calls name as `:authority`. */
  readonly authority: string;
  readonly peer: string;
  readonly authContext: AuthContext;
}

/** How much a server may send ahead of its reader: on one stream, and on all together. */
const streamWindow = 1024 * 1024;
const connectionWindow = 64 * 1024 * 1024;

/**
 * Speaks HTTP/2 on a socket that is connected, and emits the connection when the server's own greeting has come: with
 * TLS 1.3 that is also the first sign that it takes our certificate. Errors when the socket ends before. The socket
 * is destroyed if the subscriber leaves first.
 */
export function openConnection(
  socket: Duplex,
  { authority, peer }: { readonly authority: string; readonly peer: string },
): Observable<Http2Connection> {
  return new Observable((subscriber) => {
    const isEncrypted = socket instanceof TLSSocket;
    const scheme = isEncrypted ? 'https' : 'http';
    const session = connect(`${scheme}://${authority}`, {
      createConnection: () => socket,
      settings: { initialWindowSize: streamWindow, enablePush: false },
      // The server's own greeting says how many it takes; until then Node would assume a hundred.
      peerMaxConcurrentStreams: 2 ** 32 - 1,
      // What a stream may hold is bounded by its window already; over Node's own bound calls would be refused.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    });
    let failure: Error | null = null;
    let isHandedOver = false;
    session.on('error', (error: Error) => {
      failure = error;
    });
    session.once('connect', () => {
      session.setLocalWindowSize(connectionWindow);
    });
    session.once('remoteSettings', () => {
      isHandedOver = true;
      subscriber.next({ session, scheme, authority, peer, authContext: authContextOf(socket) });
      subscriber.complete();
    });
    session.once('close', () => {
      subscriber.error(failure ?? new Error('The connection was closed before HTTP/2 was spoken'));
    });
    return () => {
      if (!isHandedOver) session.destroy();
    };
  });
}

function authContextOf(socket: Duplex): AuthContext {
  return socket instanceof TLSSocket
    ? { transportSecurityType: 'ssl', sslPeerCertificate: socket.getPeerCertificate() }
    : {};
}
