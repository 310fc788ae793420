import type { ActorRefFrom } from 'xstate';
import type { AtDeadline } from '../../effects/index.js';
import type { ScannedBundle } from '../../bundle/index.js';
import type { BrokerDialEffects, PluginEffects, PluginMachine } from '../../machines/index.js';
import type { EnvironmentEvent, PluginLogEntry } from '../../model/index.js';
import type { StateStore } from '../desired-state/state-store.js';
import type { Clock } from './microtask-clock.js';

/** All that an environment has below it: where its plugins run, and the time in which they do. */
export interface Runtime {
  readonly effects: PluginEffects & BrokerDialEffects;
  /** Of the pauses before restarts, in [0, 1). */
  readonly random: () => number;
  /** By which the machines' delays pass. */
  readonly clock: Clock;
  /** By which calls that wait for a plugin end. Default: the host's clock. */
  readonly atDeadline?: AtDeadline;
  /** What survives the host. */
  readonly stateStore: StateStore;
  /** Ends what earlier hosts have left. */
  readonly reapOrphans: () => Promise<void>;
  /** Ends every process at once: nobody looks after them any more. */
  killAll(): void;
  /** Lets go of everything, when no plugin is left. */
  close(): Promise<void>;
}

/** What a world tells its environment, and may ask it. */
export interface RuntimeHooks {
  readonly emit: (event: EnvironmentEvent) => void;
  readonly log: (entry: PluginLogEntry) => void;
  readonly plugins: () => readonly ActorRefFrom<PluginMachine>[];
}

/** Where an environment is to be made. */
export interface RuntimeFactory {
  /** Looks for bundles; again with every rescan. */
  readonly scan: () => Promise<ScannedBundle[]>;
  /** Comes after the first scan, so that options which are no use leave nothing behind. */
  open(scanned: readonly ScannedBundle[]): Promise<(ties: RuntimeHooks) => Runtime>;
}
