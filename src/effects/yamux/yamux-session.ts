import type { Duplex } from 'node:stream';
import {
  createSessionCore,
  YamuxError,
  type Role,
  type SessionEvent,
  type SessionStep,
  type YamuxReason,
} from '../../yamux/index.js';
import { yamuxLimits } from '../../model/limits.js';
import { receiveInSlices } from '../socket/time-slice.js';
import { createDeadlines } from './deadlines.js';
import { defaultYamuxOptions, type YamuxOptions } from './options.js';
import { createPings, keepAlive } from './pings.js';
import type { YamuxStream } from './stream.js';
import { createStreams } from './streams.js';

/** Many streams over one socket. A stream may fail at any time: listen to its `error`. */
export interface YamuxSession {
  /** Opens a stream that can be written to at once. Throws a `YamuxError` where none can be opened. */
  open(): YamuxStream;
  /** Passes the peer's streams to a listener. Streams from before wait, unacknowledged, for the first listener. */
  onStream(listener: (stream: YamuxStream) => void): void;
  /** Resolves when the peer has answered; rejects when the session ends before. */
  ping(): Promise<void>;
  /** Announces that no new streams are opened or accepted. Open streams continue. */
  goAway(): void;
  /** Ends the session and every open stream. */
  close(): void;
  /** Why it has ended; `null` before. */
  endReason(): YamuxError | null;
  /** Resolves with the reason, which every open stream gets too, once the socket is closed. */
  readonly closed: Promise<YamuxError>;
}

/** Starts a yamux session on a socket, which belongs to the session from now on. */
export function createYamuxSession(socket: Duplex, role: Role, options: YamuxOptions = {}): YamuxSession {
  const settings = { ...defaultYamuxOptions, ...options };
  const core = createSessionCore(role, settings.backlog);
  const deadlines = createDeadlines();
  const pings = createPings();
  let end: YamuxError | null = null;
  const isOver = (): boolean => end !== null;

  /** Events of which the listeners do not know yet, in order: what a listener does may bring about more of them. */
  const pending: SessionEvent[] = [];
  let isNotifying = false;
  /** Frames without data that the socket has not taken. */
  let unread = 0;

  const apply = ({ output, events }: SessionStep, written?: () => void): void => {
    if (end !== null) return;
    if (written === undefined) unread += output.length;
    writeCorked(socket, output, written ?? (() => (unread -= output.length)));
    pending.push(...events);
    if (!isNotifying) notify();
  };
  const notify = (): void => {
    isNotifying = true;
    try {
      // A listener may have closed the session on an earlier event.
      for (let next = pending.shift(); next !== undefined && !isOver(); next = pending.shift()) {
        if (next.type === 'ping.answered') pings.answer(next.value);
        else if (next.type === 'session.failed') finish(next.error);
        else streams.handle(next);
      }
    } finally {
      isNotifying = false;
    }
  };
  /** Every end of the session calls this. */
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
  const failUnanswered = (): void => {
    fail('ping-unanswered', `The peer left a ping unanswered for ${settings.keepAliveTimeout} ms.`);
  };

  const closed = new Promise<YamuxError>((resolve) => {
    const handleClose = (): void => {
      fail('socket-lost', 'The socket of the session was closed.');
      deadlines.clearAll();
      if (end !== null) resolve(end);
    };
    if (socket.closed) handleClose();
    else socket.once('close', handleClose);
  });
  receiveInSlices(socket, (chunk) => {
    if (end !== null) return;
    if (unread > yamuxLimits.unreadAnswers)
      fail('limit-exceeded', `The peer has left ${unread} frames that answer it unread.`);
    else apply(core.receive(chunk));
  });
  socket.once('end', () => {
    fail('socket-lost', 'The peer closed the socket of the session.');
  });
  socket.on('error', (error) => {
    fail('socket-lost', `The socket of the session failed: ${error.message}.`, error);
  });
  keepAlive({ settings, ping, unanswered: failUnanswered }, deadlines);

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

/** Writes the pieces in one packet where possible, and calls back once the last one is written. */
function writeCorked(socket: Duplex, pieces: readonly Uint8Array[], written?: () => void): void {
  const last = pieces.at(-1);
  if (last === undefined || !socket.writable) return;
  socket.cork();
  for (const piece of pieces.slice(0, -1)) socket.write(piece);
  socket.write(last, (error) => {
    // The socket emits its errors itself.
    if (error === null || error === undefined) written?.();
  });
  socket.uncork();
}
