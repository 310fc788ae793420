import type { experimental } from '@grpc/grpc-js';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { Observable, Subject } from 'rxjs';
import type { HeaderTemplate, Http2Error, Http2Session } from '../../http2/index.js';
import type { ResponseHeaders } from './response-headers.js';
import { createTransport } from './transport.js';

type AuthContext = NonNullable<ReturnType<experimental.CallStream['getAuthContext']>>;

/** An HTTP/2 connection to a server that has greeted us. */
export interface Http2Connection {
  readonly session: Http2Session<ResponseHeaders>;
  readonly scheme: 'http' | 'https';
  /** What calls name as `:authority`. */
  readonly authority: string;
  readonly peer: string;
  readonly authContext: AuthContext;
  /** What the calls of each method begin with. */
  readonly templates: Map<string, HeaderTemplate>;
  /** Emits when the connection takes no new calls, and completes when it has ended. */
  readonly leaving: Observable<void>;
  /** Why it has ended; `null` before. */
  endReason(): Http2Error | null;
  /** Ends after the last call. */
  close(): void;
  /** Ends at once. */
  destroy(): void;
}

/** Whether it takes new calls. */
export function isUsable({ session }: Http2Connection): boolean {
  return session.isTaking();
}

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
    const leaving = new Subject<void>();
    let isHandedOver = false;
    let end: Http2Error | null = null;
    const transport = createTransport(socket, {
      greeted() {
        isHandedOver = true;
        subscriber.next({
          session: transport.session,
          scheme: socket instanceof TLSSocket ? 'https' : 'http',
          authority,
          peer,
          authContext: authContextOf(socket),
          templates: new Map(),
          leaving,
          endReason: () => end,
          close() {
            transport.close();
          },
          destroy() {
            transport.destroy();
          },
        });
        subscriber.complete();
      },
      leaving() {
        leaving.next();
      },
      ended(error) {
        end = error;
        leaving.next();
        leaving.complete();
        // What the socket says of its failure tells more: the TLS may be at fault.
        subscriber.error(error.reason === 'socket-lost' ? (error.cause ?? error) : error);
      },
    });
    return () => {
      if (!isHandedOver) transport.destroy();
    };
  });
}

function authContextOf(socket: Duplex): AuthContext {
  return socket instanceof TLSSocket
    ? { transportSecurityType: 'ssl', sslPeerCertificate: socket.getPeerCertificate() }
    : {};
}
