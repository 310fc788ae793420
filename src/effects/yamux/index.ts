export { createMultiplexedConnection, type MultiplexedConnection } from './multiplexed-connection.js';
export type { YamuxOptions } from './options.js';
export { createYamuxSession, type YamuxSession } from './yamux-session.js';
export type { YamuxStream } from './stream.js';
