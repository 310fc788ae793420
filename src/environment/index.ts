export { createIsolatedEnvironment } from './create-isolated-environment.js';
export { createEnvironment, createEnvironmentWithRuntime } from './create-environment.js';
export { noStateStore } from './desired-state/state-store.js';
export type { Activation, StartOutcome } from './calls/plugin-calls.js';
export type { Environment, RootActor, RootSnapshot } from './environment.js';
export type { AvailablePlugin } from './registry/plugin-registry.js';
export { describeTreeEvent, isTreeEvent } from './status/event-text.js';
export { describeCause, type Explanation, type HistoryEntry } from './status/explain.js';
export {
  checkLockFile,
  lockFileName,
  lockPlugins,
  type LockDirectoryOptions,
  type LockOutcome,
} from './bundles/lock-plugins.js';
export {
  defaultHandshake,
  mtlsModes,
  multiplexModes,
  type EnvironmentOptions,
  type MtlsMode,
  type MtlsOptions,
  type MultiplexMode,
} from './options/environment-options.js';
export { optionsError } from './options/option-problems.js';
export { optionShape } from './options/options-schema.js';
export { resolveOptions } from './options/resolve-options.js';
export {
  formatReattachProviders,
  parseReattachProviders,
  type ReattachProviders,
} from '../go-plugin/index.js';
export { describeUnknown, parseFaultTrace, parseManifest } from '../bundle/index.js';
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
export type { ClientConstructor, ServiceSet, VersionedServices } from './options/versioned-services.js';
export type { Plugin, ServiceClient } from './plugin/plugin-handle.js';
export { microtaskClock, type Clock } from './runtime/microtask-clock.js';
export type { RuntimeFactory, Runtime, RuntimeHooks } from './runtime/runtime.js';
// The call handling that a simulated runtime shares with the Node runtime.
export {
  createCallCounter,
  createConnectivityWatchers,
  type AtDeadline,
  type CallCounter,
} from '../effects/index.js';
