import type { PluginError, PluginPhase } from './errors.js';
import type { ExitRecord } from './exit.js';

/**
 * The one flat word for where a plugin is. `waiting`: activated, and not started yet, as others come first.
 * `invalid` is a bundle that cannot be run at all.
 */
export type PluginState =
  | 'idle'
  | 'waiting'
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
  /** Whether the plugin offers GRPCStdio; `null` until it has answered. */
  readonly stdio: boolean | null;
  /** Whether the plugin implements the lifecycle hooks; `null` until it has answered. */
  readonly hooks: boolean | null;
  /** Restarts that the supervisor ordered since the last activation. */
  readonly restarts: number;
  /** Probes answered and missed in this generation, and how long the last answer took. */
  readonly health: { readonly passed: number; readonly missed: number; readonly lastMs: number | null };
  readonly failedReason: FailedReason | null;
  readonly lastExit: ExitRecord | null;
  readonly error: PluginError | null;
  /** When it came into this state, in milliseconds since the epoch. */
  readonly since: number;
  /** When the next attempt is due, in milliseconds since the epoch; `null` when none is. */
  readonly retryAt: number | null;
}
