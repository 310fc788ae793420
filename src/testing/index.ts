export type { SimulatedEnvironment } from './environment-controls.js';
export { createSimulatedEnvironment } from './simulated-environment.js';
export type { SimulatedEnvironmentOptions, SimulatedPlugin } from './simulated-options.js';
export type { SimulatedService } from './grpc/in-process-server.js';
export * from './plugins/behaviours.js';
export {
  inSequence,
  replays,
  allOf,
  type Behaviour,
  type ProcessBehaviour,
  type ProcessEnd,
  type ProcessStart,
  type ProcessFault,
} from './plugins/process-behaviour.js';
export * from './effects/possible-events.js';
export * from './plugins/simulated-bundle.js';
export * from './effects/effect-simulator.js';
export * from './effects/simulated-events.js';
export * from './faults/invariants.js';
export * from './clock/simulated-clock.js';
export {
  injectFault,
  randomFaults,
  faultNames,
  type InjectedFault,
  type FaultName,
} from './faults/inject-fault.js';
export * from './faults/try-faults.js';
