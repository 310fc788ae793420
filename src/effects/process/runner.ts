import type { Duplex } from 'node:stream';
import type { Observable, Subscription } from 'rxjs';
import type { PluginError, ReattachConfig, ResourceLimits, StdinMode } from '../../model/index.js';
import type { Address } from '../socket/open-socket.js';

/**
 * Where the processes of plugins come from. A container engine or another machine is one more implementation of this
 * interface, beside `local-runner.ts`; `src/effects/index.ts` chooses one. A runner reports facts (output, exit); what
 * they mean for a plugin is decided in `src/effects/launch`.
 */
export interface Runner {
  /** For messages, for example `local`. */
  readonly name: string;
  /**
   * Starts a program: emits `started`, then `exited` and completes, or emits `failed` and completes. Never errors.
   * Unsubscribing kills the process with its whole group at once.
   */
  start(spec: RunSpec): Observable<RunnerEvent>;
  /**
   * Attaches to a process that another host has started: emits `started` and does not complete, or emits `failed` and
   * completes. `outputDirectory` is where {@link RunSpec.directory} was when it was started with `outlivesHost`, or
   * `null`. Unsubscribing leaves the process alone.
   */
  reattach(config: ReattachConfig, outputDirectory: string | null): Observable<ReattachEvent>;
}

/** What to run, and under which conditions. */
export interface RunSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment; nothing is inherited from the host. */
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: StdinMode;
  readonly limits: ResourceLimits;
  /** A directory of this process alone, which the plugin sees under the same path. */
  readonly directory: string;
  /** Whether the process and its output have to survive the death of the host. */
  readonly outlivesHost: boolean;
  readonly guard: ProcessGuard;
}

/** Ends the process if the host dies, and what has left its process group once it has exited. */
export interface ProcessGuard {
  /** Identifies the process among all of this host; it is in its environment. A label for runners that have labels. */
  readonly token: string;
  readonly started: (pid: number) => void;
  readonly ended: (pid: number) => void;
}

/** What a runner reports about one process. */
export type RunnerEvent =
  /** A part of the spec cannot be honoured; the process is started without it. */
  | {
      readonly type: 'degraded';
      readonly problem: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | { readonly type: 'started'; readonly process: RunningProcess }
  | { readonly type: 'exited'; readonly exit: ProcessExit }
  /** SPAWN_FAILED or REATTACH_NOT_FOUND. */
  | { readonly type: 'failed'; readonly error: PluginError };

/** What a runner reports about a process that it did not start; its exit has to be polled. */
export type ReattachEvent = Extract<RunnerEvent, { readonly type: 'started' | 'failed' }>;

/** A process of a runner. */
export interface RunningProcess {
  readonly pid: number;
  /** When it was started or attached, in milliseconds since the epoch. */
  readonly startedAt: number;
  readonly stdout: Observable<Uint8Array>;
  readonly stderr: Observable<Uint8Array>;
  /** Unsubscribed when the process has ended or was detached; add here what must not outlive it. */
  readonly scope: Subscription;
  /** The last 8 KiB of stderr so far. */
  stderrTail(): string;
  /** Says that the plugin serves from now on: what it printed before does not explain its exit. */
  readonly noteServing: () => void;
  /** Signals the process and its group. Does nothing when it has ended. */
  readonly signal: (name: NodeJS.Signals) => void;
  readonly isRunning: () => boolean;
  /**
   * Opens a connection to an address on which the process listens; a remote runner opens its tunnel here. Errors with
   * the reason of the system.
   */
  readonly connect: (address: Address) => Observable<Duplex>;
  /** Under which address the process reaches an address on which the host listens. */
  readonly addressFromPlugin: (address: Address) => Address;
}

/** How a process has ended. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last 8 KiB of stderr. */
  readonly stderrTail: string;
  /** What was printed of it since the plugin serves; `null`: it has not served. */
  readonly servingStderr: string | null;
  /** The lines in the first 4 KiB of stdout, the handshake line among them. */
  readonly stdoutLines: readonly string[];
}
