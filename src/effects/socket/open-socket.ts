import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { Observable } from 'rxjs';
import { parseTcpAddress } from '../../go-plugin/index.js';
import type { Handshake } from '../../model/index.js';

export type Address = Pick<Handshake, 'network' | 'address'>;

/** Where Node connects to for an address of go-plugin's. */
export function endpointOf({ network, address }: Address): NetConnectOpts {
  if (network === 'unix') return { path: address };
  const tcp = parseTcpAddress(address);
  return tcp.ok ? { host: tcp.host, port: tcp.port } : { path: address };
}

/** Emits a socket once it is connected, or errors with what the system says. Unsubscribing before destroys it. */
export function openSocket(address: Address): Observable<Socket> {
  return new Observable((subscriber) => {
    const socket = connect(endpointOf(address));
    let isHandedOver = false;
    const fail = (error: Error): void => {
      subscriber.error(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      isHandedOver = true;
      socket.off('error', fail);
      // Small frames must not wait for each other.
      socket.setNoDelay(true);
      subscriber.next(socket);
      subscriber.complete();
    });
    return () => {
      if (!isHandedOver) socket.on('error', () => undefined).destroy();
    };
  });
}
