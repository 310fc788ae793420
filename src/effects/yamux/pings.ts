import type { YamuxError } from '../../yamux/index.js';
import type { Deadlines } from './deadlines.js';
import type { YamuxOptions } from './options.js';

/** The pings of a session that were not answered yet. */
export interface Pings {
  /** Registers a ping: a value that no pending ping has, and a promise that resolves with its answer. */
  expect(): { readonly value: number; readonly answered: Promise<void> };
  /** Resolves the ping with this value. */
  answer(value: number): void;
  /** Rejects every pending ping. */
  fail(error: YamuxError): void;
}

interface PendingPing {
  readonly resolve: () => void;
  readonly reject: (error: YamuxError) => void;
}

/** No pings yet. */
export function createPings(): Pings {
  const pending = new Map<number, PendingPing>();
  let count = 0;
  return {
    expect() {
      const value = count % 2 ** 32;
      count += 1;
      const answered = new Promise<void>((resolve, reject) => {
        pending.set(value, { resolve, reject });
      });
      return { value, answered };
    },
    answer(value) {
      pending.get(value)?.resolve();
      pending.delete(value);
    },
    fail(error) {
      for (const { reject } of pending.values()) reject(error);
      pending.clear();
    },
  };
}

/** What keep-alive needs of its session. */
export interface KeepAlive {
  readonly settings: Required<Pick<YamuxOptions, 'keepAliveInterval' | 'keepAliveTimeout'>>;
  readonly ping: () => Promise<void>;
  /** Called when a ping was not answered in time. */
  readonly unanswered: () => void;
}

/** Pings at an interval until a ping fails, which it does when the session ends. */
export function keepAlive({ settings, ping, unanswered }: KeepAlive, deadlines: Deadlines): void {
  const begin = (): void => {
    let isAnswered = false;
    deadlines.set('answer', settings.keepAliveTimeout, () => {
      // The answer may be in the socket unread, if this process was busy: one more iteration of the loop reads it.
      setImmediate(() => {
        if (!isAnswered) unanswered();
      });
    });
    ping().then(
      () => {
        isAnswered = true;
        deadlines.clear('answer');
        wait();
      },
      () => undefined,
    );
  };
  const wait = (): void => {
    deadlines.set('ping', settings.keepAliveInterval, begin);
  };
  wait();
}
