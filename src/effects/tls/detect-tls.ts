import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { Observable, switchMap } from 'rxjs';
import type { PluginError } from '../../model/index.js';
import { isTlsAlert, servesTlsUnannounced } from './tls-errors.js';

/**
 * Finds out by a TLS handshake whether a plugin that failed in plaintext serves TLS without having announced it. No data
 * is sent, so its certificate is not checked. Emits `null` if it does not; errors if it cannot be connected to.
 */
export function detectTls(connection: Observable<Duplex>): Observable<PluginError | null> {
  return connection.pipe(
    switchMap(
      (raw) =>
        new Observable<PluginError | null>((subscriber) => {
          const socket = connectTls({ rejectUnauthorized: false, socket: raw, ALPNProtocols: ['h2'] });
          const conclude = (found: PluginError | null): void => {
            subscriber.next(found);
            subscriber.complete();
          };
          socket.once('secureConnect', () => {
            conclude(servesTlsUnannounced());
          });
          socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
            conclude(isTlsAlert(code) ? servesTlsUnannounced() : null);
          });
          socket.once('close', () => {
            conclude(null);
          });
          return () => socket.on('error', () => undefined).destroy();
        }),
    ),
  );
}
