export * from './pretended-effects.js';
