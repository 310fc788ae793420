import type { PluginError } from './errors.js';
import type { SupervisorReport } from './group.js';
import type { PluginLogEntry } from './log.js';
import type { PluginState, PluginStatus } from './status.js';

export type EnvironmentState = 'running' | 'stopping' | 'stopped';

/** What an environment tells its subscribers, in the order in which it happened. */
export type EnvironmentEvent =
  /** A plugin's state or phase changed, or what it waits for. `because` is the event that moved it. */
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
  /**
   * A supervisor restarts several children together, has given up, or has shut down. `escalatesTo`: the supervisor
   * that decides what follows; `null` where none is above, or nothing has to be decided.
   */
  | (SupervisorReport & { readonly at: number; readonly escalatesTo: string | null })
  | { readonly type: 'environment.state'; readonly at: number; readonly state: EnvironmentState }
  /**
   * The process that ends the plugins if this one dies: it is there, or it is not and why. A `problem` beside a guardian
   * that is there tells how the one before it ended.
   */
  | {
      readonly type: 'environment.guardian';
      readonly at: number;
      readonly state: 'guarding' | 'absent';
      readonly pid: number | null;
      readonly problem: string | null;
    }
  /**
   * Processes were ended that had got away, and directories removed that were left. `plugin.exited`: they had left the
   * group of a plugin that has ended; `environment.stopped`: the same at the shutdown; `host.died`: an earlier host was
   * killed, and left them.
   */
  | {
      readonly type: 'environment.orphansReaped';
      readonly at: number;
      readonly because: 'plugin.exited' | 'environment.stopped' | 'host.died';
      readonly processes: readonly number[];
      readonly directories: readonly string[];
    }
  /**
   * The state directory. `setAside`: a file in it was no record of this version, and was renamed; `notKept`: nothing can
   * be written, so that what changes does not survive this host; `kept`: it can again.
   */
  | {
      readonly type: 'environment.stateDirectory';
      readonly at: number;
      readonly state: 'quarantined' | 'unwritable' | 'writable';
      /** The file as it is called now, or the directory. */
      readonly file: string;
      readonly problem: string | null;
    };
