export * from './backoff.js';
export * from './failures.js';
export * from './health-bounds.js';
export * from './health-presets.js';
export * from './judge-miss.js';
export * from './presets.js';
export * from './restart.js';
export * from './stop-bounds.js';
