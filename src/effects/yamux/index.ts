export { createYamuxLink, type YamuxLink } from './link.js';
export type { YamuxOptions } from './options.js';
export { createYamuxSession, type YamuxSession } from './session.js';
export type { YamuxStream } from './stream.js';
