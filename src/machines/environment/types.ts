import type {
  Bundle,
  FailedReason,
  PluginError,
  ReattachConfig,
  SupervisionPolicy,
  SupervisorReport,
  SupervisorSpec,
} from '../../model/index.js';
import type { Subtree, SchedulerState, RestartHistory } from '../../policy/index.js';
import type { SubtreeClearedEvent, ActorErrorEvent, SupervisorReportEvent } from '../supervisor/types.js';

/** A plugin of the registry, and where in the tree it belongs. */
export interface Member {
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  readonly group: string;
  readonly significant: boolean;
  /** The generations used up before, so that numbers only grow. */
  readonly generation: number;
  /** What an earlier host remembered of it. */
  readonly inherited?: InheritedRestarts | undefined;
}

/** What counts against a plugin from before this host. */
export interface InheritedRestarts {
  readonly restarts: number;
  readonly history: RestartHistory;
}

/** A bundle that is to be looked after. Left out: it belongs to the root, and is not significant. */
export type AddedBundle = Omit<Member, 'group' | 'significant'> &
  Partial<Pick<Member, 'group' | 'significant'>>;

/** Where each plugin is in the tree, and what it comes after. */
export type Layout = SchedulerState['layout'] & {
  readonly tree: Subtree;
  readonly groups: ReadonlyMap<string, string>;
};

export interface EnvironmentContext extends SchedulerState {
  readonly specs: readonly SupervisorSpec[];
  readonly members: readonly Member[];
  readonly layout: Layout;
}

export interface EnvironmentInput {
  /** The rules of the root, and of all groups. Default: the root alone, one-for-one, without a budget. */
  readonly specs?: readonly SupervisorSpec[];
  /** How many plugins may be on their way up at a time. Default: no bound. */
  readonly startConcurrency?: number;
}

export type EnvironmentCommand =
  | { readonly type: 'bundles.added'; readonly bundles: readonly AddedBundle[] }
  | { readonly type: 'bundle.removed'; readonly plugin: string }
  /** An operator wants it to run: its failures are forgotten. What it requires starts before it. */
  | { readonly type: 'environment.activate'; readonly plugin: string; readonly resumes?: boolean }
  | { readonly type: 'environment.activateAll' }
  /** As `environment.activate`, with a process that runs already. */
  | {
      readonly type: 'environment.reattach';
      readonly plugin: string;
      readonly config: ReattachConfig;
      readonly resumes?: boolean;
    }
  /** An earlier host had given it up. */
  | {
      readonly type: 'environment.giveUp';
      readonly plugin: string;
      readonly reason: FailedReason;
      readonly error: PluginError | null;
    }
  /** What requires it is brought down before it. */
  | { readonly type: 'environment.deactivate'; readonly plugin: string }
  | { readonly type: 'environment.restart'; readonly plugin: string }
  /** From now on it is looked after by this policy; what it did before still counts. */
  | {
      readonly type: 'environment.setPolicy';
      readonly plugin: string;
      readonly policy: SupervisionPolicy;
    }
  | { readonly type: 'environment.stop' };

/** The desk tells itself that no process is left. */
export interface AllStoppedEvent {
  readonly type: 'environment.allStopped';
}

export type EnvironmentMachineEvent =
  EnvironmentCommand | SupervisorReportEvent | AllStoppedEvent | ActorErrorEvent | SubtreeClearedEvent;

/** What the environment tells whoever listens with `actor.on`. */
export type EnvironmentEmitted =
  /** A plugin has an actor: the first, or another one after a defect. */
  | { readonly type: 'plugin.spawned'; readonly plugin: string }
  | {
      readonly type: 'supervisor.reported';
      readonly report: SupervisorReport;
      readonly escalatesTo: string | null;
    };
