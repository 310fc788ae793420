import type { Duplex } from 'node:stream';
import {
  createSessionCore,
  YamuxError,
  type Role,
  type SessionStep,
  type YamuxReason,
} from '../../yamux/index.js';
import { createDeadlines } from './deadlines.js';
import { keepAlive } from './keep-alive.js';
import { defaultYamuxOptions, type YamuxOptions } from './options.js';
import { createPings } from './pings.js';
import type { YamuxStream } from './stream.js';
import { createStreams } from './streams.js';
import { writeCorked } from './write-corked.js';

/** Many streams over one socket. A stream that is handed out may fail at any time: listen to its `error`. */
export interface YamuxSession {
  /** Opens a stream, to which can be written at once. Throws a `YamuxError` where no stream can be had. */
  open(): YamuxStream;
  /** Hands out the peer's streams, also those that came before. Until then they wait, unacknowledged. */
  onStream(listener: (stream: YamuxStream) => void): void;
  /** Resolves when the peer has answered; rejects when the session ends before. */
  ping(): Promise<void>;
  /** No new streams, in either direction. Those that are open go on. */
  goAway(): void;
  /** Ends the session and every stream that is open. */
  close(): void;
  /** Why it has ended; `null` while it has not. */
  endReason(): YamuxError | null;
  /** Resolves with the reason once the session has ended and the socket is closed. Every open stream got it too. */
  readonly closed: Promise<YamuxError>;
}

/** Speaks yamux on a socket, which belongs to the session from now on. */
export function createYamuxSession(socket: Duplex, role: Role, options: YamuxOptions = {}): YamuxSession {
  const settings = { ...defaultYamuxOptions, ...options };
  const core = createSessionCore(role, settings.backlog);
  const deadlines = createDeadlines();
  const pings = createPings();
  let end: YamuxError | null = null;
  const isOver = (): boolean => end !== null;

  const apply = ({ output, events }: SessionStep, left?: () => void): void => {
    if (end !== null) return;
    writeCorked(socket, output, left);
    for (const fact of events) {
      // The owner may close the session while it hears of a fact.
      if (isOver()) return;
      if (fact.type === 'ping.answered') pings.answer(fact.value);
      else if (fact.type === 'session.failed') finish(fact.error);
      else streams.handle(fact);
    }
  };
  /** Whatever ends the session comes through here. */
  const finish = (reason: YamuxError): void => {
    if (end !== null) return;
    end = reason;
    deadlines.clearAll();
    pings.fail(reason);
    streams.failAll(reason);
    const destroy = (): void => {
      socket.destroy();
    };
    deadlines.set('flush', settings.flushTimeout, destroy);
    socket.end(destroy);
  };
  const fail = (reason: YamuxReason, message: string, cause?: Error): void => {
    finish(new YamuxError(reason, message, cause));
    socket.destroy();
  };

  const streams = createStreams({
    core,
    apply,
    deadlines,
    settings,
    onOpenTimeout: () => {
      fail('open-unanswered', `The peer left a new stream unanswered for ${settings.openTimeout} ms.`);
    },
  });
  const ping = async (): Promise<void> => {
    if (end !== null) throw end;
    const { value, answered } = pings.expect();
    apply(core.ping(value));
    await answered;
  };
  const silence = (): void => {
    fail('ping-unanswered', `The peer left a ping unanswered for ${settings.keepAliveTimeout} ms.`);
  };

  const closed = new Promise<YamuxError>((resolve) => {
    const settle = (): void => {
      fail('socket-lost', 'The socket of the session was closed.');
      deadlines.clearAll();
      if (end !== null) resolve(end);
    };
    if (socket.closed) settle();
    else socket.once('close', settle);
  });
  socket.on('data', (chunk: Buffer) => {
    if (end === null) apply(core.receive(chunk));
  });
  socket.once('end', () => {
    fail('socket-lost', 'The peer closed the socket of the session.');
  });
  socket.on('error', (error) => {
    fail('socket-lost', `The socket of the session failed: ${error.message}.`, error);
  });
  keepAlive({ settings, ping, unanswered: silence }, deadlines);

  return {
    open() {
      if (end !== null) throw end;
      return streams.open();
    },
    onStream: streams.onStream,
    ping,
    goAway() {
      apply(core.goAway());
    },
    close() {
      apply(core.goAway());
      finish(new YamuxError('session-closed', 'The session was closed on this side.'));
    },
    endReason: () => end,
    closed,
  };
}
