import type {
  Bundle,
  ExcuseReason,
  ExitRecord,
  FailedReason,
  Handshake,
  PluginError,
  PluginPhase,
  ReattachConfig,
  StopStep,
  SupervisionPolicy,
} from '../../model/index.js';
import type { RestartDelay } from '../../policy/index.js';
import type { EffectErroredEvent, OfGeneration } from '../from-effect.js';
import type {
  ChannelHandle,
  ConnectionEvent,
  DialEvent,
  DrainEvent,
  HandshakeEvent,
  HookEvent,
  ProbeEvent,
  ProcessEvent,
  ProcessHandle,
  ShutdownEvent,
  StdioEvent,
} from '../effects.js';

export interface PluginInput {
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  /** The generations that earlier actors of the same plugin have used up. */
  readonly generation: number;
  /** The restarts that an earlier host has ordered. Default 0. */
  readonly restarts?: number | undefined;
}

/** Why a living process is being brought down. */
export interface Ending {
  readonly cause: 'deactivated' | 'suspended' | 'rejected' | 'unhealthy';
  /** `null` when it was asked for. */
  readonly error: PluginError | null;
}

/** What the probes of one generation found. */
export interface HealthTally {
  /** Checks that callers asked for so far; the newest one's number. */
  readonly checksRequested: number;
  /** The newest asked check that a finished probe answers. */
  readonly checksAnswered: number;
  readonly passed: number;
  readonly missed: number;
  readonly excused: number;
  readonly lastExcuse: ExcuseReason | null;
  readonly lastMs: number | null;
  /** What the newest finished probe failed with; `null` when it passed. */
  readonly lastError: PluginError | null;
  readonly watched: boolean | null;
  /** Since when it says NOT_SERVING. */
  readonly notServingSince: number | null;
}

export interface PluginContext {
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  readonly wanted: boolean;
  /** What it waits for before its next start, with a name: `requirement.awaited com.example.store`. */
  readonly queued: string | null;
  /** Why its group keeps it down until all of it starts again: `sibling.ended com.example.store`. */
  readonly suspended: string | null;
  readonly generation: number;
  /** How this generation's process was found, when it was not started by us. */
  readonly reattach: ReattachConfig | null;
  /** When the process of this generation was asked for. */
  readonly begunAt: number;
  /** Its start limit: the policy's, as it was then. */
  readonly startMs: number;
  readonly phase: PluginPhase;
  readonly stopStep: StopStep | null;
  readonly command: readonly string[] | null;
  readonly process: ProcessHandle | null;
  /** What the process printed before its handshake line. */
  readonly noise: readonly string[];
  /** What it has printed without a line end. */
  readonly partialLine: string;
  readonly handshake: Handshake | null;
  readonly channel: ChannelHandle | null;
  /** `undefined` until the plugin has answered. */
  readonly hooks: readonly string[] | null | undefined;
  readonly stdio: boolean | null;
  readonly healthySince: number | null;
  /** Whether any generation since the activation was healthy. */
  readonly wasHealthy: boolean;
  readonly health: HealthTally;
  readonly ending: Ending | null;
  readonly restarts: number;
  /** The pause before the restart that was ordered last. */
  readonly pause: RestartDelay;
  readonly failedReason: FailedReason | null;
  /** Its group was given up, so that only its group tries again. */
  readonly failedWithGroup: boolean;
  readonly lastExit: ExitRecord | null;
  readonly error: PluginError | null;
  readonly since: number;
  /** The type of the event that led here. */
  readonly because: string;
}

/** What a supervisor or an operator tells a plugin. */
export type PluginCommand =
  /** `resumes`: it goes on where an earlier host left it, with what counted against it; here and below. */
  | { readonly type: 'plugin.activate'; readonly resumes?: boolean }
  | { readonly type: 'plugin.reattach'; readonly config: ReattachConfig; readonly resumes?: boolean }
  /** `because`: who wants it down, where it is not an operator of this very plugin. */
  | { readonly type: 'plugin.deactivate'; readonly because?: string }
  /** As `plugin.activate`, but wait for your turn, which is `plugin.proceed`. */
  | { readonly type: 'plugin.enqueue'; readonly because: string; readonly resumes?: boolean }
  /** You wait for your turn for another reason now. */
  | { readonly type: 'plugin.wait'; readonly because: string }
  | { readonly type: 'plugin.start' }
  /** Your turn will not come. */
  | { readonly type: 'plugin.reject'; readonly error: PluginError }
  /** Come down if you run, stay wanted, and wait for your group, which is `plugin.release`. */
  | { readonly type: 'plugin.suspend'; readonly because: string }
  | { readonly type: 'plugin.resume' }
  | { readonly type: 'plugin.check' }
  | { readonly type: 'plugin.setPolicy'; readonly policy: SupervisionPolicy }
  /** `attempt`: which restart of its series this is, from 1 on. */
  | { readonly type: 'plugin.restart'; readonly delayMs: number; readonly attempt: number }
  | { readonly type: 'plugin.stop' }
  | {
      readonly type: 'plugin.giveUp';
      readonly reason: FailedReason;
      readonly withGroup?: boolean;
      /** What it failed with under an earlier host. */
      readonly error?: PluginError | null;
    }
  /** Let go of everything at once and for good. */
  | { readonly type: 'plugin.remove' };

export type HealthReport =
  | { readonly type: 'health.passed'; readonly answers: number; readonly ms: number }
  /** It lives, and says NOT_SERVING. */
  | { readonly type: 'health.notServing'; readonly answers: number; readonly error: PluginError }
  | { readonly type: 'health.missed'; readonly answers: number; readonly error: PluginError }
  | {
      readonly type: 'health.excused';
      readonly answers: number;
      readonly error: PluginError;
      readonly why: ExcuseReason;
    }
  /** It says SERVING again. */
  | { readonly type: 'health.ready' }
  /** It has begun to say NOT_SERVING. */
  | { readonly type: 'health.unready'; readonly error: PluginError }
  /** Whether it tells its changes by itself. */
  | { readonly type: 'health.watched'; readonly watched: boolean }
  | { readonly type: 'health.lost'; readonly error: PluginError };

export type PluginEffectEvent = OfGeneration<
  | ProcessEvent
  | HandshakeEvent
  | DialEvent
  | ConnectionEvent
  | ProbeEvent
  | HookEvent
  | StdioEvent
  | ShutdownEvent
  | DrainEvent
>;

export type PluginEvent = PluginCommand | PluginEffectEvent | HealthReport | EffectErroredEvent;

/** What a plugin tells its supervisor. */
export type PluginReport =
  /** No process is left, though one was wanted. */
  | {
      readonly type: 'plugin.crashed';
      readonly plugin: string;
      readonly exit: ExitRecord;
      readonly wasHealthy: boolean;
    }
  /** Something about it has changed that others may wait for: it is up, down or given up. */
  | { readonly type: 'plugin.changed'; readonly plugin: string };
