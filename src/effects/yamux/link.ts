import type { Duplex } from 'node:stream';
import { defer, map, of, type Observable } from 'rxjs';
import { openSocket, type Address } from '../socket.js';
import { createYamuxSession, type YamuxSession } from './session.js';

/** The one socket to a plugin that multiplexes. Such a plugin takes one connection in its life, so there is no second one. */
export interface YamuxLink {
  /** Emits a stream; the first one brings the socket about, and may be asked for again if it is refused. */
  open(): Observable<Duplex>;
  /** `null` until the socket is there. */
  session(): YamuxSession | null;
  close(): void;
}

export function createYamuxLink(address: Address): YamuxLink {
  let session: YamuxSession | null = null;
  return {
    open: () =>
      defer(() =>
        session === null
          ? openSocket(address).pipe(
              map((socket) => {
                session = createYamuxSession(socket, 'client');
                return session.open();
              }),
            )
          : of(session.open()),
      ),
    session: () => session,
    close() {
      session?.close();
    },
  };
}
