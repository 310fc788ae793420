import { concatMap } from 'rxjs';
import { createHttp2Channel, type Http2Channel } from '../http2/channel.js';
import { openSocket, type Address } from '../socket.js';
import { secureConnection } from '../tls/secure-connection.js';
import type { Security } from '../tls/security.js';

/** A channel to where a plugin serves, be it the main address or a brokered one. It connects when it is asked to. */
export function openChannel(address: Address, security: Security): Http2Channel {
  const target = `${address.network}:${address.address}`;
  return createHttp2Channel({
    target,
    open: () => openSocket(address).pipe(concatMap((raw) => secureConnection(raw, security, target))),
  });
}
