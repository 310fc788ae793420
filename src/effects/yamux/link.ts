import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { defer, filter, from, map, NEVER, of, type Observable } from 'rxjs';
import type { YamuxError } from '../../yamux/index.js';
import { openSocket, type Address } from '../socket.js';
import { createYamuxSession, type YamuxSession } from './session.js';

/** The one socket to a plugin that multiplexes. Such a plugin takes one connection in its life, so there is no second one. */
export interface YamuxLink {
  /** Emits a stream; the first one brings the socket about, and may be asked for again if it is refused. */
  open(): Observable<Duplex>;
  /** `null` until the socket is there. */
  session(): YamuxSession | null;
  /** Emits why the session has ended, unless it was ended here. Never does without a session. */
  readonly lost: Observable<YamuxError>;
  /** Whether the other side has greeted us in HTTP/2, which is no yamux. */
  isHttp2(): boolean;
  close(): void;
}

export function createYamuxLink(address: Address): YamuxLink {
  let session: YamuxSession | null = null;
  let isHttp2 = false;
  const begin = (socket: Socket): Duplex => {
    socket.once('data', (bytes: Buffer) => {
      isHttp2 = greetsInHttp2(bytes);
    });
    session = createYamuxSession(socket, 'client');
    return session.open();
  };
  return {
    open: () => defer(() => (session === null ? openSocket(address).pipe(map(begin)) : of(session.open()))),
    session: () => session,
    lost: defer(() => (session === null ? NEVER : from(session.closed))).pipe(
      filter(({ reason }) => reason !== 'session-closed'),
    ),
    isHttp2: () => isHttp2,
    close() {
      session?.close();
    },
  };
}

/** A SETTINGS frame about the whole connection, which is what every HTTP/2 server says first. */
function greetsInHttp2(bytes: Buffer): boolean {
  if (bytes.length < 9) return false;
  return bytes.readUIntBE(0, 3) % 6 === 0 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0;
}
