import type { Deadlines } from './deadlines.js';
import type { YamuxOptions } from './options.js';

export interface KeepAlive {
  readonly settings: Required<Pick<YamuxOptions, 'keepAliveInterval' | 'keepAliveTimeout'>>;
  readonly ping: () => Promise<void>;
  /** A ping was not answered in time. */
  readonly unanswered: () => void;
}

/** Pings again and again until a ping fails, which it does when the session ends. */
export function keepAlive({ settings, ping, unanswered }: KeepAlive, deadlines: Deadlines): void {
  const begin = (): void => {
    let isAnswered = false;
    deadlines.set('answer', settings.keepAliveTimeout, () => {
      // The answer may lie in the socket unread, if this process was busy: one more turn of the loop reads it.
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
