import type { PluginError, PluginPhase } from './errors.js';

/**
 * Why a generation ended. `exit`: it exited with a code. `signal`: a signal from outside ended it. `oom`: it ran out of
 * memory under its limit. `hang`: it stopped answering. `handshake`: its start failed after the process was spawned.
 * `spawn`: the process could not be spawned. `health`: it answered NOT_SERVING for too long. `lost`: it did not exit
 * after SIGKILL. `detached`: it was reattached and must not be signalled, so it may still run.
 */
export type ExitKind =
  'exit' | 'signal' | 'oom' | 'hang' | 'handshake' | 'spawn' | 'health' | 'lost' | 'detached';

/** The step of the stop sequence that a process was in when it exited. */
export type StopStep = 'draining' | 'deactivating' | 'requestingShutdown' | 'terminating' | 'killing';

/** How one generation ended. */
export interface ExitRecord {
  readonly kind: ExitKind;
  /** Exit code 0–255, or `null` when a signal ended the process or none was started. */
  readonly code: number | null;
  /** The signal that ended it, for example `SIGSEGV`; `null` without one. */
  readonly signal: string | null;
  readonly phase: PluginPhase;
  /** The step of the stop sequence; `null` when the process was not being stopped. */
  readonly stopStep: StopStep | null;
  readonly generation: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** From the start of the process to its end, in milliseconds. */
  readonly uptimeMs: number;
  /** From healthy to the end, in milliseconds; 0 for a generation that was never healthy. */
  readonly healthyMs: number;
  /** The last 8 KiB of stderr. */
  readonly stderrTail: string;
  /** The failure as an error; `null` for an exit that was requested. */
  readonly error: PluginError | null;
}
