import { defaultBacklog } from '../../yamux/index.js';

/** The times and limits of a session, in milliseconds; 0 means that there is none. */
export interface YamuxOptions {
  /** How long it is quiet between two pings. */
  readonly keepAliveInterval?: number;
  /** How long a ping may go unanswered before the session is given up. */
  readonly keepAliveTimeout?: number;
  /** How long the peer may leave a new stream of ours unacknowledged before the session is given up. */
  readonly openTimeout?: number;
  /** How long the peer may leave a stream open that nobody here reads any more before it is reset. */
  readonly closeTimeout?: number;
  /** How long the last bytes may take to leave after the session was closed. */
  readonly flushTimeout?: number;
  /** How many streams of either side may wait for the other one. */
  readonly backlog?: number;
}

/** go-plugin's own numbers. */
export const defaultYamuxOptions: Required<YamuxOptions> = {
  keepAliveInterval: 30_000,
  keepAliveTimeout: 10_000,
  openTimeout: 75_000,
  closeTimeout: 300_000,
  flushTimeout: 10_000,
  backlog: defaultBacklog,
};
