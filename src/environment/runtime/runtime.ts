import type { ActorRefFrom } from 'xstate';
import type { AtDeadline } from '../../effects/index.js';
import type { ScannedBundle } from '../../bundle/index.js';
import type { BrokerDialEffects, PluginEffects, PluginMachine } from '../../machines/index.js';
import type { EnvironmentEvent, PluginLogEntry } from '../../model/index.js';
import type { CreateErrorBoundary } from '../callbacks/error-boundary.js';
import type { StateStore } from '../desired-state/state-store.js';
import type { Clock } from './microtask-clock.js';

/** The effects, the clock and the storage that an environment runs on. */
export interface Runtime {
  /** The effects that the machines invoke. */
  readonly effects: PluginEffects & BrokerDialEffects;
  /** A random number in [0, 1), for the jitter of restart delays. */
  readonly random: () => number;
  /** The clock of the machines' delays. */
  readonly clock: Clock;
  /** Schedules the deadlines of calls that wait for a plugin. Default: by Node's timers. */
  readonly atDeadline?: AtDeadline;
  /** Keeps the desired state that survives the host. */
  readonly stateStore: StateStore;
  /** Kills the processes that dead hosts have left. */
  readonly reapOrphans: () => Promise<void>;
  /** Kills every plugin's process at once, when the supervision tree has failed. */
  killAll(): void;
  /** Releases everything, after the last plugin has stopped. */
  close(): Promise<void>;
}

/** What an environment offers to its runtime. */
export interface RuntimeHooks {
  /** Emits an event of the environment. */
  readonly emit: (event: EnvironmentEvent) => void;
  /** Emits a log entry of a plugin. */
  readonly log: (entry: PluginLogEntry) => void;
  /** Guards what the embedder handed in. */
  readonly boundaryOf: CreateErrorBoundary;
  /** The actors of all plugins. */
  readonly plugins: () => readonly ActorRefFrom<PluginMachine>[];
}

/** Creates the runtime of an environment. */
export interface RuntimeFactory {
  /** Finds the bundles; called at the start and by every rescan. */
  readonly scan: () => Promise<ScannedBundle[]>;
  /** Called after the first scan, so that unusable options leave no files behind. */
  open(scanned: readonly ScannedBundle[]): Promise<(hooks: RuntimeHooks) => Runtime>;
}
