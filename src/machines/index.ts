export * from './environment.js';
export * from './health.js';
export * from './lift.js';
export * from './plugin.js';
export * from './plugin.effects.js';
export * from './plugin.status.js';
export * from './plugin.types.js';
