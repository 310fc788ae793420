export { createIsolatedEnvironment } from './create-isolated-environment.js';
export { createEnvironment, createEnvironmentWithRuntime } from './create-environment.js';
export { noStateStore } from './desired-state/state-store.js';
export type { Activation, AvailablePlugin, Environment, StartOutcome } from './environment.js';
export type { Explanation, HistoryEntry } from './status/explain.js';
export {
  checkLockFile,
  lockFileName,
  lockPlugins,
  type LockDirectoryOptions,
  type LockOutcome,
} from './bundles/lock-plugins.js';
export {
  defaultHandshake,
  resolveOptions,
  mtlsModes,
  multiplexModes,
  type EnvironmentOptions,
  type MtlsMode,
  type MtlsOptions,
  type MultiplexMode,
} from './options/environment-options.js';
export {
  formatReattachProviders,
  parseReattachProviders,
  type ReattachProviders,
} from '../go-plugin/index.js';
export { parseFaultTrace, parseManifest } from '../bundle/index.js';
export { prepareBundles, type PrepareResult } from './bundles/prepare-bundles.js';
export type {
  ManualTls,
  PrepareOptions,
  PrepareOutcome,
  PrepareProgress,
  Sink,
  SinkOptions,
} from '../effects/index.js';
export type { ProgramOptions } from './options/program-options.js';
export type { ReattachManifest } from './calls/reattach-plugin.js';
export type { TcpOptions, UnixSocketOptions } from './options/socket-options.js';
export { machineDefinitions } from './machine-definitions.js';
export type { Broker } from './plugin/plugin-broker.js';
export type { BrokeredServer } from '../effects/index.js';
export type { ServiceSet, VersionedServices } from './plugin/dispense.js';
export type { ClientConstructor, Plugin, ServiceClient } from './plugin/plugin-handle.js';
export { microtaskClock, type Clock } from './runtime/microtask-clock.js';
export type { RuntimeFactory, Runtime, RuntimeHooks } from './runtime/runtime.js';
// What a world that is not this machine's needs to take calls as a real one does.
export {
  createCallCounter,
  createConnectivityWatchers,
  type AtDeadline,
  type CallCounter,
} from '../effects/index.js';
