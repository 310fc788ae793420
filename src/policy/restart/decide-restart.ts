import type {
  ExitRecord,
  FailedReason,
  PluginError,
  PluginErrorCode,
  RestartPolicy,
} from '../../model/index.js';
import { backoffDelay } from './backoff.js';
import { exceedsIntensity, type FailureHistory } from './intensity.js';

/** What a supervisor decides about the exit of a plugin. */
export type RestartDecision =
  | { readonly decision: 'restart'; readonly delayMs: number; readonly attempt: number }
  | { readonly decision: 'stop' }
  | { readonly decision: 'giveUp'; readonly reason: FailedReason };

/** The part of an exit record that the decision depends on. */
export type GenerationExit = Pick<ExitRecord, 'kind' | 'code' | 'phase'> & {
  readonly error: Pick<PluginError, 'code'> | null;
};

/** What the decision about a restart depends on. */
export interface RestartQuestion {
  readonly policy: RestartPolicy;
  readonly exit: GenerationExit;
  /** The failures that count, this one included. */
  readonly failures: FailureHistory;
  /** Whether any generation since the activation was healthy. */
  readonly wasHealthy: boolean;
  /** In [0, 1). */
  readonly random: number;
  /** Whether this was a half-open attempt after it was given up. Default `false`. */
  readonly halfOpen?: boolean | undefined;
}

/** Errors that a restart would only repeat: an operator has to change something first. */
const unrecoverable: ReadonlySet<PluginErrorCode> = new Set<PluginErrorCode>([
  'CONFIG_INVALID',
  'MANIFEST_INVALID',
  'INTERPRETER_NOT_FOUND',
  'EXECUTABLE_NOT_FOUND',
  'PATH_ESCAPES_BUNDLE',
  'CHECKSUM_MISMATCH',
  'CORE_VERSION_MISMATCH',
  'APP_VERSION_MISMATCH',
  'NETWORK_UNSUPPORTED',
  'PROTOCOL_UNSUPPORTED',
  'MTLS_UNSUPPORTED',
  'MUX_UNSUPPORTED',
  'RUNNER_LOST',
]);

/** Whether a plugin ended by itself with code 0 after it was healthy: OTP's exit reason `normal`. */
export function endedNormally(exit: Omit<GenerationExit, 'error'>): boolean {
  return exit.kind === 'exit' && exit.code === 0 && exit.phase === 'serving';
}

/** Decides whether a plugin that has ended is restarted, stopped or given up. */
export function decideRestart(question: RestartQuestion): RestartDecision {
  const { policy, exit, failures, wasHealthy, random, halfOpen = false } = question;
  const reason: FailedReason = wasHealthy ? 'FailedToStayRunning' : 'FailedToStart';
  const failedToStart = exit.phase !== 'serving' && exit.phase !== 'stopping';

  if (policy.restart === 'temporary') return { decision: 'stop' };
  if (policy.restart === 'transient' && endedNormally(exit)) return { decision: 'stop' };
  if (exit.error !== null && unrecoverable.has(exit.error.code)) return { decision: 'giveUp', reason };
  if (failedToStart && !policy.retryFailedStart) return { decision: 'giveUp', reason: 'FailedToStart' };
  if (halfOpen || exceedsIntensity(failures, policy)) return { decision: 'giveUp', reason };
  const attempt = failures.length;
  return { decision: 'restart', attempt, delayMs: backoffDelay(policy.backoff, attempt, random) };
}
