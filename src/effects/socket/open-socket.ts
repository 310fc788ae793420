import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { Observable } from 'rxjs';
import { parseTcpAddress } from '../../go-plugin/index.js';
import type { Handshake } from '../../model/index.js';

/** An address of go-plugin: a socket path, or `host:port`. */
export type Address = Pick<Handshake, 'network' | 'address'>;

/** The options with which Node connects to an address. */
export function endpointOf({ network, address }: Address): NetConnectOpts {
  if (network === 'unix') return { path: address };
  const tcp = parseTcpAddress(address);
  return tcp.ok ? { host: tcp.host, port: tcp.port } : { path: address };
}

/** Emits a socket once it is connected, or errors with the error of the system. Unsubscribing before destroys it. */
export function openSocket(address: Address): Observable<Socket> {
  return new Observable((subscriber) => {
    const socket = connect(endpointOf(address));
    let isConnected = false;
    const fail = (error: Error): void => {
      subscriber.error(error);
    };
    socket.once('error', fail);
    socket.once('connect', () => {
      isConnected = true;
      socket.off('error', fail);
      // Without Nagle's algorithm, which delays small frames.
      socket.setNoDelay(true);
      subscriber.next(socket);
      subscriber.complete();
    });
    return () => {
      if (!isConnected) socket.on('error', () => undefined).destroy();
    };
  });
}
