import type {
  Bundle,
  ReattachConfig,
  SupervisionPolicy,
  SupervisorReport,
  SupervisorSpec,
} from '../../model/index.js';
import type {
  AfterGroupStop,
  ChildSummary,
  AffectedChildren,
  FailureHistory,
  PausableClock,
  RestartHistory,
} from '../../policy/index.js';
import type { InheritedRestarts } from '../environment/types.js';
import type { PluginInput, PluginReport } from '../plugin/types.js';

interface CommonChild {
  readonly id: string;
  readonly significant: boolean;
  /** The siblings that it starts after, and is brought down before. */
  readonly after: readonly string[];
}

export interface PluginChild extends CommonChild {
  readonly kind: 'plugin';
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  readonly history: RestartHistory;
  /** The inner supervisor whose child its actor is; 0: it is a child of this very supervisor. */
  readonly shard: number;
}

export interface SupervisorChild extends CommonChild {
  readonly kind: 'supervisor';
  readonly spec: SupervisorSpec;
}

/** What a supervisor remembers of one child. Where the child is, its own snapshot says. */
export type Child = PluginChild | SupervisorChild;

/** Where a child is at this moment. */
export type ChildSummaryOf = (child: Child) => ChildSummary;

/** What a supervisor is told of a child that it is to have. */
export type ChildSpec =
  | {
      readonly kind: 'plugin';
      readonly id: string;
      readonly after: readonly string[];
      readonly significant: boolean;
      readonly bundle: Bundle;
      readonly policy: SupervisionPolicy;
      /** The generations used up before, so that numbers only grow. */
      readonly generation: number;
      readonly inherited?: InheritedRestarts | undefined;
    }
  | {
      readonly kind: 'supervisor';
      readonly id: string;
      readonly after: readonly string[];
      readonly significant: boolean;
      readonly spec: SupervisorSpec;
      readonly children: readonly ChildSpec[];
    };

/** What children go down for together. */
export interface GroupRestartPlan extends AffectedChildren {
  readonly next: AfterGroupStop;
  /** What they are told of why, as `sibling.ended com.example.store`. */
  readonly because: string;
  /** Between the last one's end and the first one's start. */
  readonly backoffMs: number;
}

export interface SupervisorContext extends GroupRestartPlan {
  readonly spec: SupervisorSpec;
  /** In start order. */
  readonly children: readonly Child[];
  /** The moments of the restarts that count against the budget. */
  readonly restarts: FailureHistory;
  readonly clock: PausableClock;
  /** How many children may be on their way up at a time when they start together. */
  readonly startConcurrency: number;
  /** Given up together with its parent, which alone tries again. */
  readonly failedWithParent: boolean;
}

export interface SupervisorInput {
  readonly spec: SupervisorSpec;
  readonly startConcurrency: number;
}

/** What a supervisor is told by its parent. */
export type SupervisorCommand =
  | { readonly type: 'supervisor.children'; readonly children: readonly ChildSpec[] }
  /** Bring all children down, let them stay wanted, and wait. */
  | { readonly type: 'supervisor.suspend'; readonly because: string }
  | { readonly type: 'supervisor.resume' }
  | { readonly type: 'supervisor.restart'; readonly delayMs: number }
  | { readonly type: 'supervisor.giveUp'; readonly withParent: boolean }
  /** Bring all children down, unwanted, and wait. */
  | { readonly type: 'supervisor.deactivate'; readonly because: string }
  /** Restart nothing any more: every child is being brought down for good. */
  | { readonly type: 'supervisor.stop' };

/** What is wanted of one child that is a plugin, and concerns what its supervisor remembers of it. */
export type MemberCommand =
  /** `fresh`: its failures are forgotten. */
  | {
      readonly type: 'member.activate';
      readonly plugin: string;
      readonly fresh: boolean;
      readonly resumes: boolean;
    }
  /** The same, as soon as its turn has come. */
  | {
      readonly type: 'member.enqueue';
      readonly plugin: string;
      readonly because: string;
      readonly fresh: boolean;
      readonly resumes: boolean;
    }
  | {
      readonly type: 'member.reattach';
      readonly plugin: string;
      readonly config: ReattachConfig;
      readonly resumes: boolean;
    }
  | { readonly type: 'member.setPolicy'; readonly plugin: string; readonly policy: SupervisionPolicy };

/** What a supervisor tells its parent. */
export type SupervisorReportEvent =
  /** It has come to where its parent may wait for it. */
  | { readonly type: 'supervisor.changed'; readonly supervisor: string }
  /** All its children are down, for its parent to decide. */
  | { readonly type: 'supervisor.gaveUp'; readonly supervisor: string }
  /** It was given up with its parent, and one of its plugins was activated: all that was given up is tried again. */
  | { readonly type: 'supervisor.retryRequested'; readonly supervisor: string }
  /** All its children are down, and unwanted, as significant ones had ended. */
  | { readonly type: 'supervisor.ended'; readonly supervisor: string }
  | { readonly type: 'supervisor.reported'; readonly report: SupervisorReport }
  /** A plugin somewhere below has an actor, for the first time or a new one. */
  | { readonly type: 'plugin.spawned'; readonly plugin: string }
  /** Something about a plugin somewhere below has changed that others may wait for. */
  | { readonly type: 'plugin.changed'; readonly plugin: string };

/** An actor of a child died of a defect; XState tells its parent so. */
export interface ActorErrorEvent {
  readonly type: `xstate.error.actor.${string}`;
  readonly error: unknown;
  readonly actorId: string;
}

/** An actor that lives on a shelf died of a defect. */
export interface PluginActorErrorEvent {
  readonly type: 'plugin.actorError';
  readonly plugin: string;
  readonly error: unknown;
}

/** What grew of a branch that broke is to be grown again; the supervisor above tells itself so. */
export interface SubtreeClearedEvent {
  readonly type: 'subtree.cleared';
  readonly subtree: Extract<ChildSpec, { readonly kind: 'supervisor' }>;
}

/** What a supervisor tells itself of children that come down or up together. */
export type GroupRestartEvent =
  | { readonly type: 'group.stop'; readonly plan: GroupRestartPlan }
  /** All are down; `asked`: one of them was activated meanwhile. */
  | { readonly type: 'group.stopped'; readonly activationRequested: boolean }
  | { readonly type: 'group.started' };

export type SupervisorEvent =
  | GroupRestartEvent
  | SupervisorCommand
  | MemberCommand
  | SupervisorReportEvent
  | PluginReport
  | PluginActorErrorEvent
  | ActorErrorEvent
  | SubtreeClearedEvent;

export type ShardEvent =
  | { readonly type: 'shard.spawn'; readonly id: string; readonly input: PluginInput }
  | { readonly type: 'shard.remove'; readonly id: string }
  | PluginReport
  | ActorErrorEvent;
