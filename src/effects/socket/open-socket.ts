import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { catchError, EMPTY, Observable } from 'rxjs';
import { parseTcpAddress } from '../../go-plugin/index.js';
import type { Handshake } from '../../model/index.js';

/** An address of go-plugin: a socket path, or `host:port`. */
export type Address = Pick<Handshake, 'network' | 'address'>;

/** The options with which Node connects to an address, in the order in which they are tried. */
function endpointsOf({ network, address }: Address): readonly [NetConnectOpts, ...NetConnectOpts[]] {
  if (network === 'unix') return [{ path: address }];
  const tcp = parseTcpAddress(address);
  if (!tcp.ok) return [{ path: address }];
  const { host, port, alternativeHost } = tcp;
  return alternativeHost === undefined
    ? [{ host, port }]
    : [
        { host, port },
        { host: alternativeHost, port },
      ];
}

/** Emits a socket once it is connected, or errors with the error of the system. Unsubscribing before destroys it. */
export function openSocket(address: Address): Observable<Socket> {
  const [first, ...others] = endpointsOf(address).map(connectTo);
  return others.reduce((attempt, next) => attempt.pipe(catchError(() => next)), first ?? EMPTY);
}

function connectTo(endpoint: NetConnectOpts): Observable<Socket> {
  return new Observable((subscriber) => {
    const socket = connect(endpoint);
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
