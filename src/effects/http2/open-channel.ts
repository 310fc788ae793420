import type { Duplex } from 'node:stream';
import { concatMap, type Observable } from 'rxjs';
import { createHttp2Channel, type Http2Channel } from './channel.js';
import { secureConnection } from './secure-connection.js';
import type { Security } from '../tls/security.js';

/** A channel over raw connections that `open` makes, one at a time. It connects when it is asked to. */
export function openChannel(
  target: string,
  open: () => Observable<Duplex>,
  security: Security,
): Http2Channel {
  return createHttp2Channel({
    target,
    open: () => open().pipe(concatMap((raw) => secureConnection(raw, security, target))),
  });
}
