import type {
  FailedReason,
  PluginError,
  ReattachConfig,
  SupervisionPolicy,
  SupervisorReport,
  SupervisorSpec,
} from '../../model/index.js';
import type { Subtree, SchedulerState } from '../../policy/index.js';
import type {
  ActorErrorEvent,
  PluginSpec,
  SubtreeClearedEvent,
  SupervisorReportEvent,
} from '../supervisor/types.js';

/** A plugin of the environment, and its place in the tree. */
export interface Member extends PluginSpec {
  readonly group: string;
  readonly significant: boolean;
}

/** A plugin to be added. `group` left out: the root; `significant` left out: it is not. */
export type AddedBundle = Omit<Member, 'group' | 'significant'> &
  Partial<Pick<Member, 'group' | 'significant'>>;

/** The tree of supervisors, the group of each plugin, and the start order. */
export type Layout = SchedulerState['layout'] & {
  readonly tree: Subtree;
  readonly groups: ReadonlyMap<string, string>;
};

/** The context of the environment machine. */
export interface EnvironmentContext extends SchedulerState {
  readonly specs: readonly SupervisorSpec[];
  readonly members: readonly Member[];
  readonly layout: Layout;
}

/** The input of the environment machine. */
export interface EnvironmentInput {
  /** The root and all groups. Default: the root alone, one-for-one, without a restart intensity. */
  readonly specs?: readonly SupervisorSpec[];
  /** How many plugins may be starting at the same time. Default: any number. */
  readonly startConcurrency?: number;
}

/** The commands of the library's calls to the environment machine. */
export type EnvironmentCommand =
  | { readonly type: 'bundles.added'; readonly bundles: readonly AddedBundle[] }
  | { readonly type: 'bundle.removed'; readonly plugin: string }
  /**
   * An operator activates a plugin: what it requires starts before it. `resumes`: it keeps its restart history.
   */
  | { readonly type: 'environment.activate'; readonly plugin: string; readonly resumes?: boolean }
  | { readonly type: 'environment.activateAll' }
  /** Activates a plugin with a process that runs already. */
  | {
      readonly type: 'environment.reattach';
      readonly plugin: string;
      readonly config: ReattachConfig;
      readonly resumes?: boolean;
    }
  /** A previous host has given the plugin up. */
  | {
      readonly type: 'environment.giveUp';
      readonly plugin: string;
      readonly reason: FailedReason;
      readonly error: PluginError | null;
    }
  /** What requires the plugin is stopped before it. */
  | { readonly type: 'environment.deactivate'; readonly plugin: string }
  | { readonly type: 'environment.restart'; readonly plugin: string }
  /** One health check besides those that the policy asks for; ignored unless the plugin is healthy. */
  | { readonly type: 'environment.check'; readonly plugin: string }
  /** The plugin has this policy from now on, and keeps its restart history. */
  | {
      readonly type: 'environment.setPolicy';
      readonly plugin: string;
      readonly policy: SupervisionPolicy;
    }
  | { readonly type: 'environment.stop' };

/** The environment's event to itself: no plugin has a process any more. */
export interface AllStoppedEvent {
  readonly type: 'environment.allStopped';
}

/** The events of the environment machine. */
export type EnvironmentMachineEvent =
  EnvironmentCommand | SupervisorReportEvent | AllStoppedEvent | ActorErrorEvent | SubtreeClearedEvent;

/** The events that the environment machine emits, for `actor.on`. */
export type EnvironmentEmitted =
  /** A plugin has got an actor: its first one, or a new one after an internal error. */
  | { readonly type: 'plugin.spawned'; readonly plugin: string }
  | {
      readonly type: 'supervisor.reported';
      readonly report: SupervisorReport;
      readonly escalatesTo: string | null;
    };
