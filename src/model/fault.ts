import type { PluginErrorCode } from './errors.js';

/**
 * A simulated fault of one process: one item of a fault trace. With neither `afterHealthyMs` nor `at` the process fails
 * before it is healthy, at the end of `startMs`.
 */
export interface Fault {
  /**
   * From the start of the process to healthy, or to the failure of the start, in milliseconds; `null`: the start never
   * ends. Default: the option `startMs` of `simulate`.
   */
  readonly startMs?: number | null | undefined;
  /** It fails after it was healthy for this time, in milliseconds. */
  readonly afterHealthyMs?: number | undefined;
  /** It fails at this time, in milliseconds since the start of the simulation. Skipped when no process runs then. */
  readonly at?: number | undefined;
  /** `exit`: it exits. `signal`: a signal ends it. `hang`: it stops answering. Default `exit`. */
  readonly kind?: FaultKind | undefined;
  /** The code of an `exit`, 0 to 255. Default 1. */
  readonly code?: number | undefined;
  /** The error of its start, before a process is spawned; some errors are not retried. Default: the process exits. */
  readonly error?: PluginErrorCode | undefined;
}

/** The kinds of a simulated fault. */
export const faultKinds = ['exit', 'signal', 'hang'] as const;

/** The kind of a simulated fault. */
export type FaultKind = (typeof faultKinds)[number];

/** One fault for each process, in order; the process after the last fault stays healthy. May be infinite. */
export type FaultTrace = Iterable<Fault>;
