import type { ErrorFacts, PluginError, PluginErrorCode } from './errors.js';
import type { SupervisionOptions } from './manifest.js';
import type { ReattachConfig } from './reattach.js';
import type { FailedReason } from './status.js';

/** The record of one plugin that survives its host: plain JSON, in its own file of the state directory. */
export interface PluginRecord {
  readonly plugin: string;
  /** The desired state: whether the plugin is to run. A deactivation sets it to `false`; a shutdown keeps it. */
  readonly wanted: boolean;
  readonly generation: number;
  readonly restarts: number;
  /** The ages of the failures that still count, in milliseconds before `writtenAt`, oldest first. */
  readonly failureAges: readonly number[];
  /** In milliseconds since the epoch by the wall clock, the only clock that runs on between two hosts. */
  readonly writtenAt: number;
  /** Whether the current generation is a half-open try. */
  readonly halfOpen: boolean;
  /** Why the supervisor gave up the plugin; `null` unless it is `failed`. */
  readonly gaveUp: GaveUpRecord | null;
  /** The policy that an operator has set. Default: none. */
  readonly policy?: SupervisionOptions | undefined;
  /** The process of the plugin; `null` without one. */
  readonly process: ProcessRecord | null;
}

/** The reason why the supervisor gave up a plugin, with its last error. */
export interface GaveUpRecord {
  readonly reason: FailedReason;
  /** The error of the last failure. */
  readonly error: {
    readonly code: PluginErrorCode;
    readonly message: string;
    readonly hint?: string | undefined;
    readonly facts?: ErrorFacts | undefined;
  } | null;
}

/** Why another host cannot reattach to a process: it is not healthy yet, uses AutoMTLS, or is multiplexed. */
export type NotReattachableReason = 'starting' | 'autoMtls' | 'multiplexed';

/** The process of a plugin, with what identifies it. */
export interface ProcessRecord {
  readonly pid: number;
  /** The start time as the operating system reports it; only compared for equality. */
  readonly startTime: string | null;
  /** The token in its environment; `null` for a process that was reattached. */
  readonly token: string | null;
  /** The directory of its socket, removed when the process has ended. */
  readonly socketDirectory: string | null;
  /** The fingerprint of its bundle when it was started; `null` when there is none. */
  readonly bundleFingerprint: string | null;
  readonly transport: 'plaintext' | 'tls' | null;
  /** The data to reattach to it; `null` when no other host can. */
  readonly reattach: ReattachConfig | null;
  /** Why `reattach` is `null`. */
  readonly notReattachable: NotReattachableReason | null;
}

/**
 * The reason for the outcome of a restore. `alive`: the process still runs and was reattached. Why it was not:
 * `noProcess` none was recorded; `processGone` it has ended; `pidReused` its pid belongs to another process;
 * `orphansEnd` processes do not outlive their host; `starting` it was not healthy yet; `autoMtls` it uses AutoMTLS;
 * `multiplexed` it is multiplexed; `bundleChanged` its bundle has changed; `handshakeMismatch` this host does not offer
 * its version or its TLS mode; `unreachable` its address accepts no connections; `notHealthy` it did not become healthy
 * after the reattach. Why the plugin was not started: `notWanted` it was deactivated; `gaveUp` the supervisor had given
 * up; `bundleMissing`, `bundleInvalid` there is no valid bundle.
 */
export type RestorationReason =
  | 'alive'
  | 'noProcess'
  | 'processGone'
  | 'pidReused'
  | 'orphansEnd'
  | NotReattachableReason
  | 'bundleChanged'
  | 'handshakeMismatch'
  | 'unreachable'
  | 'notHealthy'
  | 'notWanted'
  | 'gaveUp'
  | 'bundleMissing'
  | 'bundleInvalid';

/** The result of the restore of one plugin of a previous host. */
export interface RestoreOutcome {
  readonly id: string;
  /**
   * `reattached`: its running process is supervised again. `started`: a new process is healthy. `failed`: it failed to
   * start, and its policy decides about a restart. `givenUp`, `stopped`: it stays in that state. `rejected`: it has no
   * valid bundle.
   */
  readonly outcome: 'reattached' | 'started' | 'failed' | 'givenUp' | 'stopped' | 'rejected';
  /** The reason for the outcome. */
  readonly because: RestorationReason;
  /** The error of its start, or of its bundle; `null` without one. */
  readonly error: PluginError | null;
}
