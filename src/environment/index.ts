export { createEnvironmentByItself } from './by-itself.js';
export { createEnvironment, createEnvironmentAt } from './create-environment.js';
export { noIntent } from './intent.js';
export type { Activation, AvailablePlugin, Environment, StartOutcome } from './environment.js';
export type { Explanation, HistoryEntry } from './explain.js';
export { checkLock, lockFileName, lockPlugins, type LockDirectoryOptions, type Locked } from './lock.js';
export {
  defaultHandshake,
  resolveOptions,
  mtlsModes,
  multiplexModes,
  type EnvironmentOptions,
  type MtlsMode,
  type MtlsOptions,
  type MultiplexMode,
} from './options.js';
export {
  formatReattachProviders,
  parseReattachProviders,
  type ReattachProviders,
} from '../go-plugin/index.js';
export { parseFaultTrace, parseManifest } from '../bundle/index.js';
export { prepareBundles, type Prepared } from './prepare.js';
export type {
  ManualTls,
  PrepareOptions,
  PrepareOutcome,
  PrepareProgress,
  Sink,
  SinkOptions,
} from '../effects/index.js';
export type { ProgramOptions } from './programs.js';
export type { ReattachManifest } from './reattach.js';
export type { TcpOptions, UnixSocketOptions } from './socket-options.js';
export { runningMachines } from './running-machines.js';
export type { Broker } from './broker.js';
export type { BrokeredServer } from '../effects/index.js';
export type { ServiceSet, VersionedServices } from './dispense.js';
export type { ClientConstructor, Plugin, ServiceClient } from './plugin-handle.js';
export { promptClock, type Clock } from './prompt-clock.js';
export type { Site, World, WorldTies } from './world.js';
// What a world that is not this machine's needs to take calls as a real one does.
export { createCallTally, createWatchers, type AtDeadline, type CallTally } from '../effects/index.js';
