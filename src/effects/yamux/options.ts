import { defaultBacklog } from '../../yamux/index.js';

/** The times and limits of a session, in milliseconds; 0 means that there is none. */
export interface YamuxOptions {
  /** The time from the answer to a ping to the next ping. */
  readonly keepAliveInterval?: number;
  /** How long the answer to a ping may take; then the session ends. */
  readonly keepAliveTimeout?: number;
  /** How long the peer may take to acknowledge a stream of ours; then the session ends. */
  readonly openTimeout?: number;
  /** How long the peer may leave its direction of a stream open that this side has closed; then it is reset. */
  readonly closeTimeout?: number;
  /** How long the last bytes may take to be sent after the session was closed. */
  readonly flushTimeout?: number;
  /** How many streams of either side may wait to be accepted. */
  readonly backlog?: number;
}

/** The values of go-plugin (hashicorp/yamux). */
export const defaultYamuxOptions: Required<YamuxOptions> = {
  keepAliveInterval: 30_000,
  keepAliveTimeout: 10_000,
  openTimeout: 75_000,
  closeTimeout: 300_000,
  flushTimeout: 10_000,
  backlog: defaultBacklog,
};
