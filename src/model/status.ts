import type { PluginError, PluginPhase } from './errors.js';
import type { ExitRecord } from './exit.js';
import type { ExcuseReason } from './host-sample.js';

/**
 * The one flat word for where a plugin is. `waiting`: activated, and not started yet, as others come first.
 * `invalid` is a bundle that cannot be run at all.
 */
export type PluginState =
  | 'idle'
  | 'pending'
  | 'spawning'
  | 'handshaking'
  | 'healthy'
  | 'stopping'
  | 'crashed'
  | 'restarting'
  | 'failed'
  | 'invalid';

/** The Mattermost server's words for the same, for hosts that speak them. */
export type MattermostState =
  'NotRunning' | 'Starting' | 'Running' | 'FailedToStart' | 'FailedToStayRunning' | 'Stopping';

/** Why a plugin is in `failed`. */
export type FailedReason = 'FailedToStart' | 'FailedToStayRunning';

/** How the connection is secured: `mtls` both sides prove who they are, `tls` only the plugin does. */
export type Transport = 'plaintext' | 'tls' | 'mtls';

/** What is known of the health of one generation. */
export interface HealthStatus {
  /** Probes that were answered with SERVING. */
  readonly passed: number;
  /** Probes that were not answered. */
  readonly missed: number;
  /** Probes that were not answered, and do not count: something else explains that. */
  readonly excused: number;
  /** What explained the newest of those. */
  readonly lastExcuse: ExcuseReason | null;
  /** How long the last answer with SERVING took, in milliseconds. */
  readonly lastMs: number | null;
  /** Whether the plugin tells its changes by itself (Health.Watch); `null` until it has answered, or was not asked. */
  readonly watched: boolean | null;
  /** Since when it says NOT_SERVING, in milliseconds since the epoch; `null` when it does not. */
  readonly notServingSince: number | null;
  /** When it is brought down for that, in milliseconds since the epoch; `null` when it is not. */
  readonly notServingUntil: number | null;
}

/** The state of one plugin at one moment. Plain data, safe to send as JSON. */
export interface PluginStatus {
  readonly id: string;
  readonly state: PluginState;
  /** The finer step within `spawning`, `handshaking`, `healthy` and `stopping`; else `null`. */
  readonly phase: PluginPhase | null;
  /** Whether somebody asked for it to run. */
  readonly wanted: boolean;
  readonly mattermostState: MattermostState;
  /** Counts the processes started for this plugin; only grows. */
  readonly generation: number;
  readonly pid: number | null;
  /** The command line of this generation: the interpreter or executable, then its arguments. */
  readonly command: readonly string[] | null;
  /** The version in the manifest. */
  readonly version: string | null;
  /** The application protocol version that was negotiated. */
  readonly protocolVersion: number | null;
  /** For example `unix:/run/…/plugin123` or `tcp:127.0.0.1:4711`. */
  readonly address: string | null;
  readonly transport: Transport | null;
  /** Whether one socket carries every connection with the plugin. */
  readonly multiplexed: boolean | null;
  /** Whether the plugin offers GRPCStdio; `null` until it has answered. */
  readonly stdio: boolean | null;
  /** Whether the plugin implements the lifecycle hooks; `null` until it has answered. */
  readonly hooks: boolean | null;
  /** Restarts that the supervisor ordered since the last activation. */
  readonly restarts: number;
  /**
   * Whether it says that it can serve. `false` for a healthy plugin means that it lives and says NOT_SERVING; calls
   * go to it all the same.
   */
  readonly ready: boolean;
  readonly health: HealthStatus;
  readonly failedReason: FailedReason | null;
  readonly lastExit: ExitRecord | null;
  readonly error: PluginError | null;
  /** When it came into this state, in milliseconds since the epoch. */
  readonly since: number;
  /** When the next attempt is due, in milliseconds since the epoch; `null` when none is. */
  readonly retryAt: number | null;
}
