export {
  createPretendedEnvironment,
  type PretendedEnvironment,
  type PretendedOptions,
  type PretendedPlugin,
} from './pretended-environment.js';
export type { PretendedService } from './in-process/server-call.js';
export * from './behaviours.js';
export {
  inTurn,
  playsOut,
  together,
  type Behaviour,
  type Conduct,
  type ProcessEnd,
  type StartOfProcess,
  type Turn,
} from './conduct.js';
export * from './possible-facts.js';
export * from './pretended-bundle.js';
export * from './pretended-effects.js';
export * from './pretended-facts.js';
export * from './promises.js';
export * from './stepping-clock.js';
export { inject, randomStrikes, strikeNames, type Strike, type StrikeName } from './strikes.js';
export * from './try-faults.js';
