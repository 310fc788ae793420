/** The longest delay of a timer in Node, in milliseconds: about 24.8 days. A longer one fires at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** The names of the presets; `policy/presets` has their values. */
export const presetNames = ['espalier', 'mattermost', 'otp', 'systemd', 'kubernetes'] as const;

/** The name of a preset. */
export type PresetName = (typeof presetNames)[number];

/** OTP's restart type of a child. */
export type RestartType = 'permanent' | 'transient' | 'temporary';

/** The delay before a restart, in milliseconds: `firstMs`, then `baseMs` × `factor`^n, at most `capMs`. */
export interface Backoff {
  /** The delay of the first restart of a series. */
  readonly firstMs: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
  /** `full`: a random delay between 0 and the computed one; `none`: the computed one. */
  readonly jitter: 'full' | 'none';
}

/** When and how often a plugin is restarted. */
export interface RestartPolicy {
  /** `permanent`: always restarted. `transient`: restarted after an abnormal exit. `temporary`: never restarted. */
  readonly restart: RestartType;
  /** Whether a plugin that failed before it was ever healthy is restarted. */
  readonly retryFailedStart: boolean;
  readonly backoff: Backoff;
  /** The restart intensity (OTP's MaxR): restarts allowed within `periodMs`. `null`: no limit. */
  readonly intensity: number | null;
  /** The period (OTP's MaxT) in which failures count, in milliseconds. `null`: failures count for ever. */
  readonly periodMs: number | null;
  /** The healthy time that clears the restart history, in milliseconds; `null`: only `periodMs` ends a failure. */
  readonly resetAfterMs: number | null;
  /**
   * The interval of half-open tries after the supervisor gave up, in milliseconds; `null`: none. A try that fails before
   * it was healthy for `resetAfterMs` (if that is `null`, for `periodMs`) fails at once, without a restart.
   */
  readonly halfOpenAfterMs: number | null;
}

/** The startup, liveness and readiness probes of a plugin. All times are in milliseconds. */
export interface HealthPolicy {
  /** Startup: between two probes of a plugin that is not SERVING yet. `deadlines.startMs` limits them all. */
  readonly startIntervalMs: number;
  /** Startup: the deadline of one probe. */
  readonly startDeadlineMs: number;
  /** Liveness: between a passed probe and the next. */
  readonly intervalMs: number;
  /** Liveness: between a missed probe and the next. */
  readonly retryIntervalMs: number;
  /** Liveness: the deadline of one probe. */
  readonly deadlineMs: number;
  /** Liveness: the number of missed probes in a row after which the plugin is stopped as hanging. */
  readonly misses: number;
  /** Liveness: the maximum number of missed probes in a row that are excused because plugin or host are busy. */
  readonly excuses: number;
  /** The jitter of both liveness intervals, as a fraction in [0, 1): 0.1 is ±10 %. */
  readonly jitter: number;
  /** Every n-th probe uses a new connection, to test that the socket still accepts one; `null`: none. */
  readonly freshDialEvery: number | null;
  /** Readiness: how long a plugin may answer NOT_SERVING before it is stopped; `null`: without limit. */
  readonly notServingMs: number | null;
  /** Liveness: how long a plugin with calls in flight may leave probes unanswered while it greets new connections. */
  readonly busyMs: number;
  /** Whether the plugin must have a health service that knows the name `plugin`. */
  readonly requireService: boolean;
  /** Readiness: whether to stream changes by Health.Watch. Some servers cannot be stopped gracefully afterwards. */
  readonly watch: boolean;
}

/** The deadlines of a plugin's start and stop, in milliseconds. */
export interface Deadlines {
  /** From spawn to healthy: handshake, dial, health and activation hook together. */
  readonly startMs: number;
  /** For calls in flight to finish. */
  readonly drainMs: number;
  /** For the hook `OnDeactivate`. */
  readonly hookMs: number;
  /** From `GRPCController.Shutdown` to the exit. */
  readonly shutdownMs: number;
  /** From SIGTERM to the exit. */
  readonly termMs: number;
  /** From SIGKILL to the exit; then the process counts as lost. */
  readonly killMs: number;
}

/** How one plugin is supervised, complete. */
export interface SupervisionPolicy {
  readonly restart: RestartPolicy;
  readonly health: HealthPolicy;
  readonly deadlines: Deadlines;
}
