export * from './attachment.js';
export * from './environment.js';
export * from './health.js';
export * from './lift.js';
export * from './plugin.js';
export * from './plugin.effects.js';
export { maySignal } from './plugin.reattach.js';
export * from './plugin.status.js';
export * from './plugin.types.js';
