export {
  createEnvironment,
  defaultHandshake,
  prepareBundles,
  type Activation,
  type AvailablePlugin,
  type ClientConstructor,
  type Environment,
  type EnvironmentOptions,
  type Explanation,
  type HistoryEntry,
  type ManualTls,
  type MtlsMode,
  type MtlsOptions,
  type Plugin,
  type Prepared,
  type PrepareOptions,
  type PrepareOutcome,
  type PrepareProgress,
  type ProgramOptions,
} from './environment/index.js';
export * from './model/index.js';
export { startInspector, type Inspector, type InspectorOptions } from './observe/index.js';
export {
  composePolicy,
  decideRestart,
  presets,
  type RestartQuestion,
  type RestartVerdict,
} from './policy/index.js';
