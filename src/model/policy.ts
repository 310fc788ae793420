/** The longest delay of a timer in Node, in milliseconds: about 24.8 days. A longer one fires at once. */
export const maxTimerMs = 2 ** 31 - 1;

/** The named sets of defaults. `policy/presets.ts` has their numbers. */
export const presetNames = ['espalier', 'mattermost', 'otp', 'systemd', 'kubernetes'] as const;

export type PresetName = (typeof presetNames)[number];

/** OTP's restart types. */
export type RestartType = 'permanent' | 'transient' | 'temporary';

/** The pause before a restart: `firstMs`, then `baseMs` × `factor`^n up to `capMs`. */
export interface Backoff {
  /** Before the first restart of a series. */
  readonly firstMs: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly capMs: number;
  /** `full`: a random part of the pause between 0 and the whole; `none`: the whole. */
  readonly jitter: 'full' | 'none';
}

export interface RestartPolicy {
  /** `permanent`: always restarted. `transient`: unless it ended normally. `temporary`: never by itself. */
  readonly restart: RestartType;
  /** Whether a plugin that failed before it was ever healthy is tried again. */
  readonly retryFailedStart: boolean;
  readonly backoff: Backoff;
  /** Restarts allowed within `periodMs`; one failure more gives up (OTP's MaxR). `null`: it is never given up. */
  readonly intensity: number | null;
  /** The window in which failures count (OTP's MaxT), in milliseconds. `null`: failures do not grow old. */
  readonly periodMs: number | null;
  /** Healthy time after which earlier failures are forgotten, in milliseconds; `null`: only the window forgets. */
  readonly resetAfterMs: number | null;
  /**
   * After giving up, one more try this often, in milliseconds; `null`: never. A try that fails before it was healthy
   * for `resetAfterMs` (where that is `null`, for `periodMs`) is given up again at once.
   */
  readonly halfOpenAfterMs: number | null;
}

/** How it is found out whether a plugin has come up, lives, and can serve. All times are in milliseconds. */
export interface HealthPolicy {
  /** Startup: between two probes of a plugin that is not SERVING yet. `deadlines.startMs` bounds them all. */
  readonly startIntervalMs: number;
  /** Startup: how long one such probe may take. */
  readonly startDeadlineMs: number;
  /** Liveness: between a good probe and the next. */
  readonly intervalMs: number;
  /** Liveness: between a missed probe and the next. */
  readonly retryIntervalMs: number;
  /** Liveness: how long one probe may take. */
  readonly deadlineMs: number;
  /** Liveness: missed probes in a row that make a plugin lost. */
  readonly misses: number;
  /** Liveness: missed probes in a row that are excused at most, where a busy plugin or host explains them. */
  readonly excuses: number;
  /** The random part by which both intervals of liveness are made longer or shorter: 0.1 is 10 %. In [0, 1). */
  readonly jitter: number;
  /** Every which probe connects anew, to see whether others still could; `null`: none does. */
  readonly freshDialEvery: number | null;
  /** Readiness: how long a living plugin may say NOT_SERVING until it is brought down; `null`: for ever. */
  readonly notServingMs: number | null;
  /** Readiness: whether the plugin is asked to tell its changes (Health.Watch), where it can. */
  readonly watch: boolean;
}

/** Every deadline of a plugin's life, in milliseconds. */
export interface Deadlines {
  /** From spawn to healthy: line, dial, health and activation hook together. */
  readonly startMs: number;
  /** In-flight calls may finish. */
  readonly drainMs: number;
  /** `OnDeactivate` may take. */
  readonly hookMs: number;
  /** From `GRPCController.Shutdown` to the exit. */
  readonly shutdownMs: number;
  /** From SIGTERM to the exit. */
  readonly termMs: number;
  /** From SIGKILL to the exit, after which the process is declared lost. */
  readonly killMs: number;
}

/** All that decides how one plugin is looked after. */
export interface SupervisionPolicy {
  readonly restart: RestartPolicy;
  readonly health: HealthPolicy;
  readonly deadlines: Deadlines;
}
