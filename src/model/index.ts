export * from './errors.js';
export * from './events.js';
export * from './exit.js';
export * from './handshake.js';
export * from './log.js';
export * from './manifest.js';
export * from './policy.js';
export * from './status.js';
