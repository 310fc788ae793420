import type { PluginError } from './errors.js';
import type { PluginLogEntry } from './log.js';
import type { PluginState, PluginStatus } from './status.js';

export type EnvironmentState = 'running' | 'stopping' | 'stopped';

/** What an environment tells its subscribers, in the order in which it happened. */
export type EnvironmentEvent =
  /** A plugin's state or phase changed. `because` is the event that moved it. */
  | {
      readonly type: 'plugin.status';
      readonly at: number;
      readonly plugin: string;
      readonly from: PluginState;
      readonly because: string;
      readonly status: PluginStatus;
    }
  /** A living plugin ceased to say that it can serve, or says so again. It is `healthy`, and calls go on. */
  | {
      readonly type: 'plugin.readiness';
      readonly at: number;
      readonly plugin: string;
      readonly ready: boolean;
      /** What it said; `null` when it is ready. */
      readonly error: PluginError | null;
      readonly status: PluginStatus;
    }
  /** A plugin said something. */
  | {
      readonly type: 'plugin.log';
      readonly at: number;
      readonly plugin: string;
      readonly entry: PluginLogEntry;
    }
  /** The supervisor stopped restarting a plugin. */
  | {
      readonly type: 'plugin.gaveUp';
      readonly at: number;
      readonly plugin: string;
      readonly error: PluginError;
      readonly status: PluginStatus;
    }
  | { readonly type: 'environment.state'; readonly at: number; readonly state: EnvironmentState };
