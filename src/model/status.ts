import type { PluginError, PluginPhase } from './errors.js';
import type { ExitRecord } from './exit.js';
import type { ExcuseReason } from './host-sample.js';

/**
 * The state of a plugin. `pending`: activated, but not started yet, because it waits for a required plugin or for a
 * start slot. `invalid`: its bundle cannot be run.
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

/** How the terminal and the inspector's page colour a state. */
export const stateTones = ['good', 'busy', 'stopping', 'bad', 'inactive'] as const;

/** One of the five tones of a state. */
export type StateTone = (typeof stateTones)[number];

/** The tone of each state of a plugin. */
export const pluginStateTones: Readonly<Record<PluginState, StateTone>> = {
  idle: 'inactive',
  pending: 'busy',
  spawning: 'busy',
  handshaking: 'busy',
  healthy: 'good',
  stopping: 'stopping',
  crashed: 'bad',
  restarting: 'busy',
  failed: 'bad',
  invalid: 'bad',
};

/** Why a plugin is in `failed`. */
export type FailedReason = 'FailedToStart' | 'FailedToStayRunning';

/**
 * How the connection is secured. `mtls`: both sides have a certificate; whether the plugin looks at that of the host is in
 * `verifiesHost`. `tls`: only the plugin has one, or was seen to accept a connection without that of the host.
 */
export type Transport = 'plaintext' | 'tls' | 'mtls';

/**
 * What a health answer is about. `plugin`: the name that go-plugin gives to the whole plugin. `overall`: the empty name,
 * where the health service does not know `plugin`. `connection`: only that calls are answered, without such a service.
 */
export type HealthSource = 'plugin' | 'overall' | 'connection';

/** The health of one generation. */
export interface HealthStatus {
  /** How many probes were answered with SERVING. */
  readonly passed: number;
  /** How many probes were missed and counted. */
  readonly missed: number;
  /** How many probes were missed and excused. */
  readonly excused: number;
  /** The reason of the last excused probe. */
  readonly lastExcuse: ExcuseReason | null;
  /** What the last passed probe was about; `null`: none has passed. */
  readonly source: HealthSource | null;
  /** The latency of the last passed probe, in milliseconds. */
  readonly lastMs: number | null;
  /** Whether the plugin streams its changes (Health.Watch); `null` until it has answered, or without the option. */
  readonly watched: boolean | null;
  /** Since when it answers NOT_SERVING, in milliseconds since the epoch; `null` when it does not. */
  readonly notServingSince: number | null;
  /** When it is stopped for that, in milliseconds since the epoch; `null` when it is not. */
  readonly notServingUntil: number | null;
}

/** The status of one plugin. Plain data, safe to send as JSON. */
export interface PluginStatus {
  readonly id: string;
  readonly state: PluginState;
  /** The finer step within `spawning`, `handshaking`, `healthy` and `stopping`; else `null`. */
  readonly phase: PluginPhase | null;
  /** The desired state: whether the plugin is to run. */
  readonly wanted: boolean;
  /** The number of processes started for this plugin; never decreases. */
  readonly generation: number;
  readonly pid: number | null;
  /** The command line of this generation: the interpreter or executable, and its arguments. */
  readonly command: readonly string[] | null;
  /** The version in the manifest. */
  readonly version: string | null;
  /** The negotiated application version. */
  readonly protocolVersion: number | null;
  /** For example `unix:/run/…/plugin123` or `tcp:127.0.0.1:4711`. */
  readonly address: string | null;
  readonly transport: Transport | null;
  /** Whether it was seen to refuse a connection without the host's certificate; `null`: that was not tried. */
  readonly verifiesHost: boolean | null;
  /** Whether all connections are multiplexed over one socket. */
  readonly multiplexed: boolean | null;
  /** Whether the plugin offers GRPCStdio; `null` until it has answered. */
  readonly stdio: boolean | null;
  /** The hooks of `espalier.v1.PluginHooks` that the plugin implements, maybe none; `null` until it has answered. */
  readonly hooks: readonly string[] | null;
  /** The number of restarts by the supervisor since the last activation. */
  readonly restarts: number;
  /**
   * Whether it answers SERVING. `false` for a healthy plugin means that it answers NOT_SERVING; calls are still sent to
   * it.
   */
  readonly ready: boolean;
  readonly health: HealthStatus;
  /** Whether a generation was healthy since the last activation. */
  readonly wasHealthy: boolean;
  /** Why it is `failed`; `null` in every other state. */
  readonly failedReason: FailedReason | null;
  readonly lastExit: ExitRecord | null;
  readonly error: PluginError | null;
  /** When it entered this state, in milliseconds since the epoch. */
  readonly since: number;
  /** When the next restart or half-open try starts, in milliseconds since the epoch; `null` when none is scheduled. */
  readonly retryAt: number | null;
}
