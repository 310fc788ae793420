import type { Duplex } from 'node:stream';
import { createHttp2Session, type Http2Error, type Http2Session } from '../../http2/index.js';
import { receiveInSlices } from '../socket/time-slice.js';
import { readResponseHeaders, type ResponseHeaders } from './response-headers.js';

/** What happens to a connection as a whole. */
export interface TransportEvents {
  /** The server speaks HTTP/2. */
  greeted(): void;
  /** The server takes no new streams. */
  leaving(): void;
  /** The connection is over, and all its streams with it. The last event. */
  ended(error: Http2Error): void;
}

/** An HTTP/2 session on a socket. */
export interface Transport {
  readonly session: Http2Session<ResponseHeaders>;
  /** Lets streams finish, and ends the connection after the last one. */
  close(): void;
  /** Ends the connection at once. */
  destroy(): void;
}

/**
 * Puts an HTTP/2 session on any duplex that is connected. All that is said in one turn of the event loop is written
 * together at its end. While the socket takes no more, bodies wait in the session.
 */
export function createTransport(socket: Duplex, events: TransportEvents): Transport {
  let isFlushing = false;
  let isBlocked = false;
  let cause: unknown;
  const session = createHttp2Session<ResponseHeaders>(
    {
      output() {
        if (!isFlushing) process.nextTick(flush);
        isFlushing = true;
      },
      greeted() {
        events.greeted();
      },
      leaving() {
        events.leaving();
      },
      failed(error) {
        flush();
        // What is written last, a GOAWAY, goes out first.
        process.nextTick(() => socket.destroy());
        events.ended(error);
      },
      finished() {
        flush();
        socket.end();
        setImmediate(() => {
          session.lost('session-closed');
        });
      },
    },
    readResponseHeaders,
  );
  const flush = (): void => {
    isFlushing = false;
    while (!isBlocked && session.hasOutput()) isBlocked = !write(socket, session.take());
  };
  const lost = (): void => {
    session.lost('socket-lost', cause);
  };

  receiveInSlices(socket, (chunk) => {
    session.receive(chunk);
  });
  socket
    .on('drain', () => {
      isBlocked = false;
      flush();
    })
    .on('error', (error) => {
      cause = error;
    })
    .once('end', lost)
    .once('close', lost);
  // It may have ended before there was anyone to listen.
  if (socket.destroyed || socket.readableEnded) process.nextTick(lost);
  process.nextTick(flush);

  return {
    session,
    close() {
      session.leave();
    },
    destroy() {
      session.lost('session-closed');
    },
  };
}

/** Writes pieces as one. Whether the socket takes more. */
function write(socket: Duplex, pieces: readonly Uint8Array[]): boolean {
  const [only] = pieces;
  if (socket.destroyed || socket.writableEnded || only === undefined) return true;
  if (pieces.length === 1) return socket.write(only);
  let takesMore = true;
  socket.cork();
  for (const piece of pieces) takesMore = socket.write(piece);
  socket.uncork();
  return takesMore;
}
