import type {
  Bundle,
  ExcuseReason,
  ExitRecord,
  FailedReason,
  Handshake,
  HealthSource,
  PluginError,
  PluginPhase,
  ReattachConfig,
  StopStep,
  SupervisionPolicy,
} from '../../model/index.js';
import type { RestartDelay } from '../../policy/index.js';
import type { HealthReport } from '../health/setup.js';
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

/** The input of the plugin machine. */
export interface PluginInput {
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  /** The last generation that an earlier actor of the plugin has used. */
  readonly generation: number;
  /** The restarts that a previous host has counted. Default 0. */
  readonly restarts?: number | undefined;
}

/** Why a process is being stopped. */
export interface Ending {
  readonly cause: 'deactivated' | 'suspended' | 'rejected' | 'unhealthy';
  /** `null` when a command requested it. */
  readonly error: PluginError | null;
}

/** The results of the health probes of one generation. */
export interface HealthTally {
  /** Checks requested by callers so far; the number of the newest one. Grows over all generations. */
  readonly checksRequested: number;
  /** The number of the newest requested check that a finished probe answers. */
  readonly checksAnswered: number;
  readonly passed: number;
  readonly missed: number;
  readonly excused: number;
  readonly lastExcuse: ExcuseReason | null;
  readonly source: HealthSource | null;
  readonly lastMs: number | null;
  /** The error of the newest finished probe; `null`: it passed. */
  readonly lastError: PluginError | null;
  readonly watched: boolean | null;
  /** Since when the plugin answers NOT_SERVING, in milliseconds since the epoch. */
  readonly notServingSince: number | null;
}

/** The context of the plugin machine. Moments are in milliseconds since the epoch. */
export interface PluginContext {
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  readonly wanted: boolean;
  /** What it is queued for, for example `requirement.awaited com.example.store`; `null`: it is not queued. */
  readonly queued: string | null;
  /** Why its group has suspended it, for example `sibling.ended com.example.store`; `null`: it has not. */
  readonly suspended: string | null;
  readonly generation: number;
  /** The reattach configuration of this generation; `null`: its process was spawned. */
  readonly reattach: ReattachConfig | null;
  /** When this generation began. */
  readonly begunAt: number;
  /** The start timeout of this generation: a policy that changes later does not change it. */
  readonly startMs: number;
  readonly phase: PluginPhase;
  readonly stopStep: StopStep | null;
  readonly command: readonly string[] | null;
  readonly process: ProcessHandle | null;
  /** The lines that the process printed before its handshake line. */
  readonly noise: readonly string[];
  /** The output after the last line end, before the handshake line. */
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
  /** The backoff before the last restart. */
  readonly pause: RestartDelay;
  readonly failedReason: FailedReason | null;
  /** Given up with its group; only the group tries again. */
  readonly failedWithGroup: boolean;
  readonly lastExit: ExitRecord | null;
  readonly error: PluginError | null;
  readonly since: number;
  /** The reason for the last change of state: a command's, or the type of the event. */
  readonly because: string;
}

/** The commands of a supervisor to a plugin. */
export type PluginCommand =
  /** `resumes`, here and below: the plugin continues after a previous host, and keeps its count of restarts. */
  | { readonly type: 'plugin.activate'; readonly resumes?: boolean }
  | { readonly type: 'plugin.reattach'; readonly config: ReattachConfig; readonly resumes?: boolean }
  /** `because`: the reason, where an operator did not deactivate this very plugin. */
  | { readonly type: 'plugin.deactivate'; readonly because?: string }
  /** As `plugin.activate`, but the start waits for `plugin.start`. */
  | { readonly type: 'plugin.enqueue'; readonly because: string; readonly resumes?: boolean }
  /** A queued plugin waits for something else now. */
  | { readonly type: 'plugin.wait'; readonly because: string }
  | { readonly type: 'plugin.start' }
  /** A queued plugin is not started, as what it requires does not start. */
  | { readonly type: 'plugin.reject'; readonly error: PluginError }
  /** Stop, stay wanted, and wait for `plugin.resume`. */
  | { readonly type: 'plugin.suspend'; readonly because: string }
  | { readonly type: 'plugin.resume' }
  | { readonly type: 'plugin.check' }
  | { readonly type: 'plugin.setPolicy'; readonly policy: SupervisionPolicy }
  /** `attempt`: the number of this restart in its series, from 1. */
  | { readonly type: 'plugin.restart'; readonly delayMs: number; readonly attempt: number }
  | { readonly type: 'plugin.stop' }
  | {
      readonly type: 'plugin.giveUp';
      readonly reason: FailedReason;
      readonly withGroup?: boolean;
      /** The error under a previous host. */
      readonly error?: PluginError | null;
    }
  /** Leave the tree: all that belongs to the plugin ends at once. */
  | { readonly type: 'plugin.remove' };

/** The events of the effects that the plugin machine runs. */
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

/** The events of the plugin machine. */
export type PluginEvent = PluginCommand | PluginEffectEvent | HealthReport | EffectErroredEvent;

/** The reports of a plugin to its supervisor. */
export type PluginReport =
  /** The process has ended though the plugin is wanted. */
  | {
      readonly type: 'plugin.crashed';
      readonly plugin: string;
      readonly exit: ExitRecord;
      readonly wasHealthy: boolean;
    }
  /** Its state has changed: others may wait for that. */
  | { readonly type: 'plugin.changed'; readonly plugin: string };
