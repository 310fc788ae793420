import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { defer, filter, from, map, NEVER, of, type Observable } from 'rxjs';
import type { YamuxError } from '../../yamux/index.js';
import { openSocket, type Address } from '../socket/open-socket.js';
import { createYamuxSession, type YamuxSession } from './yamux-session.js';

/** The one socket to a plugin that multiplexes. Such a plugin takes one connection in its life, so there is no second one. */
export interface MultiplexedConnection {
  /** Emits a stream; the first one brings the socket about, and may be asked for again if it is refused. */
  open(): Observable<Duplex>;
  /** `null` until the socket is there. */
  session(): YamuxSession | null;
  /** Emits why the session has ended, unless it was ended here. Never does without a session. */
  readonly lost: Observable<YamuxError>;
  close(): void;
}

export function createMultiplexedConnection(address: Address): MultiplexedConnection {
  let session: YamuxSession | null = null;
  const begin = (socket: Socket): Duplex => {
    session = createYamuxSession(socket, 'client');
    return session.open();
  };
  return {
    open: () => defer(() => (session === null ? openSocket(address).pipe(map(begin)) : of(session.open()))),
    session: () => session,
    lost: defer(() => (session === null ? NEVER : from(session.closed))).pipe(
      filter(({ reason }) => reason !== 'session-closed'),
    ),
    close() {
      session?.close();
    },
  };
}
