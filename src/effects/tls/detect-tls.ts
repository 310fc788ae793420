import { connect as connectTls } from 'node:tls';
import { Observable, switchMap } from 'rxjs';
import type { PluginError } from '../../model/index.js';
import { openSocket, type Address } from '../socket/open-socket.js';
import { isTlsAlert, servesTlsUnannounced } from './tls-errors.js';

/**
 * Finds out whether a plugin that is not understood in the clear serves TLS without having announced it. It is only
 * asked: nothing is sent, so nothing is trusted. Errors where nothing can be asked.
 */
export function detectTls(address: Address): Observable<PluginError | null> {
  return openSocket(address).pipe(
    switchMap(
      (raw) =>
        new Observable<PluginError | null>((subscriber) => {
          const socket = connectTls({ rejectUnauthorized: false, socket: raw, ALPNProtocols: ['h2'] });
          const tell = (found: PluginError | null): void => {
            subscriber.next(found);
            subscriber.complete();
          };
          socket.once('secureConnect', () => {
            tell(servesTlsUnannounced());
          });
          socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => {
            tell(isTlsAlert(code) ? servesTlsUnannounced() : null);
          });
          socket.once('close', () => {
            tell(null);
          });
          return () => socket.on('error', () => undefined).destroy();
        }),
    ),
  );
}
