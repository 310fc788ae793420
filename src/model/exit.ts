import type { PluginError, PluginPhase } from './errors.js';

/**
 * Why a generation ended.
 * `exit` by itself with a code; `signal` from outside; `oom` ran out of memory under its limit; `hang` stopped answering;
 * `handshake` never became usable; `spawn` never became a process; `health` said that it is unwell;
 * `lost` could not be ended; `released` was let go of, as it is not ours to end, and may live on.
 */
export type ExitKind =
  'exit' | 'signal' | 'oom' | 'hang' | 'handshake' | 'spawn' | 'health' | 'lost' | 'detached';

/** The rung of the stop ladder that was reached; `null` when the process ended unasked. */
export type StopStep = 'draining' | 'deactivating' | 'requestingShutdown' | 'terminating' | 'killing';

/** The end of one generation, with all that is known about it. */
export interface ExitRecord {
  readonly kind: ExitKind;
  /** Exit code 0–255, or `null` when a signal ended the process or none was started. */
  readonly code: number | null;
  /** For example `SIGSEGV`, or `null`. */
  readonly signal: string | null;
  readonly phase: PluginPhase;
  readonly stopStep: StopStep | null;
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** From the start of the process to its end. */
  readonly uptimeMs: number;
  /** From healthy to the end; 0 for a generation that never was. */
  readonly healthyMs: number;
  /** The last 8 KiB of stderr. */
  readonly stderrTail: string;
  /** The failure as an error with its hint; `null` for an end that was wanted. */
  readonly error: PluginError | null;
}
