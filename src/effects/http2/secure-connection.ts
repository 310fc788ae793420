import type { Duplex } from 'node:stream';
import { connect, type TLSSocket } from 'node:tls';
import { catchError, concatMap, Observable, throwError } from 'rxjs';
import { certificateHost } from '../../go-plugin/index.js';
import { openConnection, type Http2Connection } from './connection.js';
import { closedEarly, tlsError } from '../tls/tls-errors.js';
import type { ClientTls, Security } from '../tls/security.js';

/**
 * Speaks HTTP/2 on a raw socket, over TLS where that is wanted. Errors with a PluginError where the TLS is at fault,
 * so that trying again is no use, and with what Node says where it is not.
 */
export function secureConnection(raw: Duplex, security: Security, peer: string): Observable<Http2Connection> {
  const { tls } = security;
  if (tls === null) return openConnection(raw, { authority: certificateHost, peer });
  return startTls(raw, tls, security).pipe(
    concatMap((socket) =>
      openConnection(socket, { authority: tls.servername, peer }).pipe(
        // In TLS 1.3 a server says only after the handshake that it does not take our certificate.
        catchError((error: Error) => throwError(() => tlsError(error, socket, security))),
      ),
    ),
  );
}

function startTls(raw: Duplex, tls: ClientTls, security: Security): Observable<TLSSocket> {
  return new Observable((subscriber) => {
    const socket = connect({ ...tls, socket: raw, ALPNProtocols: ['h2'] });
    let isHandedOver = false;
    const fail = (error: Error): void => {
      subscriber.error(tlsError(error, socket, security));
    };
    const close = (): void => {
      subscriber.error(closedEarly());
    };
    socket.once('error', fail).once('close', close);
    socket.once('secureConnect', () => {
      isHandedOver = true;
      socket.off('error', fail).off('close', close);
      subscriber.next(socket);
      subscriber.complete();
    });
    return () => {
      if (!isHandedOver) socket.on('error', () => undefined).destroy();
    };
  });
}
