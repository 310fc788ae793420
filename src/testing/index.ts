export * from './pretended-effects.js';
export * from './stepping-clock.js';
