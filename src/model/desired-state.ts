import type { ErrorFacts, PluginError, PluginErrorCode } from './errors.js';
import type { SupervisionOptions } from './manifest.js';
import type { ReattachConfig } from './reattach.js';
import type { FailedReason } from './status.js';

/** What of one plugin survives its host: plain JSON, in a file of its own. */
export interface PluginRecord {
  readonly plugin: string;
  /** Whether somebody wants it to run. A shutdown changes nothing about that; a deactivation does. */
  readonly wanted: boolean;
  readonly generation: number;
  readonly restarts: number;
  /** How long before `writtenAt` each failure was that counts, in milliseconds, oldest first. */
  readonly failureAges: readonly number[];
  /** By the clock on the wall, in milliseconds since the epoch: no other one goes on while there is no host. */
  readonly writtenAt: number;
  /** Whether what runs is a half-open try. */
  readonly halfOpen: boolean;
  /** Not `null` while it is given up. */
  readonly gaveUp: GaveUpRecord | null;
  /** What an operator has set over the options and its manifest. Left out: nothing. */
  readonly policy?: SupervisionOptions | undefined;
  readonly process: ProcessRecord | null;
}

export interface GaveUpRecord {
  readonly reason: FailedReason;
  /** What it failed with the last time. */
  readonly error: {
    readonly code: PluginErrorCode;
    readonly message: string;
    readonly hint?: string | undefined;
    readonly facts?: ErrorFacts | undefined;
  } | null;
}

/** Why a process of ours cannot be taken over by another host. */
export type NotReattachableReason = 'starting' | 'autoMtls' | 'multiplexed';

/** The process that a plugin had, and how to know it again. */
export interface ProcessRecord {
  readonly pid: number;
  /** As its system tells it; only ever compared. */
  readonly startTime: string | null;
  /** What is in its environment; `null`: it was started by somebody else, and attached to. */
  readonly token: string | null;
  /** The directory of its socket, which goes with it. */
  readonly socketDirectory: string | null;
  /** What its bundle was like when it was started; `null` where that could not be told. */
  readonly bundleFingerprint: string | null;
  readonly transport: 'plaintext' | 'tls' | null;
  /** How to speak with it; `null`, and why, where no other host can. */
  readonly reattach: ReattachConfig | null;
  readonly notReattachable: NotReattachableReason | null;
}

/**
 * Why a plugin was restored as it was. `alive`: its process runs and was taken over. The others tell why not:
 * `noProcess` none was recorded, `processGone` it has ended, `pidReused` its pid belongs to somebody else,
 * `orphansEnd` processes are not to outlive their host, `starting` it was not healthy yet, `autoMtls` it speaks over
 * AutoMTLS, `multiplexed` it multiplexes, `bundleChanged` its bundle is another one by now, `otherTerms` this host
 * does not offer its version or its TLS any more, `unreachable` its address takes no connections, `notHealthy` it was
 * attached to and did not prove healthy.
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

/** What became of one plugin that an earlier host looked after. */
export interface RestoreOutcome {
  readonly id: string;
  /**
   * `readopted`: the process that ran is looked after again. `started`: a new one is. `failed`: it did not come up; its
   * policy decides about the next try. `givenUp`, `resting`: it stays as it was. `refused`: there is nothing to start.
   */
  readonly outcome: 'reattached' | 'started' | 'failed' | 'givenUp' | 'stopped' | 'rejected';
  readonly because: RestorationReason;
  /** What its start failed with, or why it was refused. */
  readonly error: PluginError | null;
}
