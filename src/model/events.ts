import type { PluginError } from './errors.js';
import type { SupervisorReport } from './group.js';
import type { PluginLogEntry } from './log.js';
import type { PluginState, PluginStatus } from './status.js';

/** Whether an environment is running, stopping or stopped. */
export type EnvironmentState = 'running' | 'stopping' | 'stopped';

/** An event of an environment. `at` is in milliseconds since the epoch. */
export type EnvironmentEvent =
  /** A plugin's state or phase changed, or the reason why it waits. `because` is the cause of the change. */
  | {
      readonly type: 'plugin.status';
      readonly at: number;
      readonly plugin: string;
      readonly from: PluginState;
      readonly because: string;
      readonly status: PluginStatus;
    }
  /** A healthy plugin answered NOT_SERVING, or SERVING again. It stays `healthy`, and calls are still sent to it. */
  | {
      readonly type: 'plugin.readiness';
      readonly at: number;
      readonly plugin: string;
      readonly ready: boolean;
      /** The answer as an error; `null` when it is ready. */
      readonly error: PluginError | null;
      readonly status: PluginStatus;
    }
  /** A plugin printed or logged something. */
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
   * A supervisor restarts several children together, gave up, or shut down. `escalatesTo` is the supervisor that decides
   * what follows; `null` without a parent, or when there is nothing to decide.
   */
  | (SupervisorReport & { readonly at: number; readonly escalatesTo: string | null })
  /** The environment started to stop, or has stopped. */
  | { readonly type: 'environment.state'; readonly at: number; readonly state: EnvironmentState }
  /**
   * The guardian, the process that kills the plugins when this host dies, is running or absent. `problem` is why it is
   * absent, or why the guardian before this one ended.
   */
  | {
      readonly type: 'environment.guardian';
      readonly at: number;
      readonly state: 'guarding' | 'absent';
      readonly pid: number | null;
      readonly problem: string | null;
    }
  /**
   * Orphan processes were killed and their directories removed. `plugin.exited`: they had left the process group of a
   * plugin that exited; `environment.stopped`: the same at the shutdown; `host.died`: a previous host crashed or was
   * killed.
   */
  | {
      readonly type: 'environment.orphansReaped';
      readonly at: number;
      readonly because: 'plugin.exited' | 'environment.stopped' | 'host.died';
      readonly processes: readonly number[];
      readonly directories: readonly string[];
    }
  /**
   * The state directory. `quarantined`: a file was not a record of this version, and was renamed; `unwritable`: nothing
   * can be written, so changes do not survive this host; `writable`: it can be written again.
   */
  | {
      readonly type: 'environment.stateDirectory';
      readonly at: number;
      readonly state: 'quarantined' | 'unwritable' | 'writable';
      /** The new name of the quarantined file, or the directory. */
      readonly file: string;
      readonly problem: string | null;
    }
  /**
   * Something that the embedder handed in threw or returned a promise that was rejected: its logger, a subscriber, an
   * inspector, a sink, or a service that it serves over the broker. Each is reported once; later failures of the same one
   * are ignored, and nothing else is affected.
   */
  | {
      readonly type: 'environment.callbackFailed';
      readonly at: number;
      /** What failed: `logger`, `events`, `actor`, `inspect`, `sinks.stdout`, `broker.serve`, … */
      readonly callback: string;
      /** What it threw, as one line. */
      readonly problem: string;
    };
