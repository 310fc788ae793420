import type { PluginError } from './errors.js';
import type { SupervisorReport } from './group.js';
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
  /**
   * A supervisor restarts several children together, has given up, or has shut down. `escalatesTo`: the supervisor
   * that decides what follows; `null` where none is above, or nothing has to be decided.
   */
  | (SupervisorReport & { readonly at: number; readonly escalatesTo: string | null })
  | { readonly type: 'environment.state'; readonly at: number; readonly state: EnvironmentState };
