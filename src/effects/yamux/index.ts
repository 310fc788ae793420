export type { YamuxOptions } from './options.js';
export { createYamuxSession, type YamuxSession } from './yamux-session.js';
export type { YamuxStream } from './stream.js';
