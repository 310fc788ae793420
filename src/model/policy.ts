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

export interface HealthPolicy {
  /** Between a good probe and the next. */
  readonly intervalMs: number;
  /** Between a missed probe and the next. */
  readonly retryIntervalMs: number;
  /** How long one probe may take. */
  readonly deadlineMs: number;
  /** Missed probes in a row that make a plugin lost. */
  readonly misses: number;
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
