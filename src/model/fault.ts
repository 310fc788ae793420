import type { PluginErrorCode } from './errors.js';

/**
 * What becomes of one process of a plugin, as data: one line of a fault trace. With neither `afterHealthyMs` nor `at`
 * the process fails before it is healthy, at the end of `startMs`.
 */
export interface Fault {
  /**
   * From its start to healthy, or to its failure where it never is, in milliseconds; `null`: its start comes to no
   * end. Default: what `simulate` is told.
   */
  readonly startMs?: number | null | undefined;
  /** It fails when it has been healthy for so many milliseconds. */
  readonly afterHealthyMs?: number | undefined;
  /** It fails at this moment, in milliseconds since the beginning. One that finds no process is passed over. */
  readonly at?: number | undefined;
  /** `exit` by itself, `signal` from outside, `hang`: it stops answering. Default `exit`. */
  readonly kind?: FaultKind | undefined;
  /** The code of an `exit`, 0 to 255. Default 1. */
  readonly code?: number | undefined;
  /** What its start fails with, before there is a process; some errors are not tried again. Default: it exits. */
  readonly error?: PluginErrorCode | undefined;
}

export const faultKinds = ['exit', 'signal', 'hang'] as const;

export type FaultKind = (typeof faultKinds)[number];

/** One fault for each process, in order; when there are no more, the next process stays healthy. May be endless. */
export type FaultTrace = Iterable<Fault>;
