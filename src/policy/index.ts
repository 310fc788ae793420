export * from './backoff.js';
export * from './failures.js';
export * from './presets.js';
export * from './restart.js';
