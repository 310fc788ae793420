import type { Bundle, SupervisionPolicy, SupervisorReport, SupervisorSpec } from '../../model/index.js';
import type {
  AfterGroupStop,
  ChildSummary,
  AffectedChildren,
  FailureHistory,
  PausableClock,
  RestartHistory,
} from '../../policy/index.js';
import type { PluginCommand, PluginInput, PluginReport } from '../plugin/types.js';

interface CommonChild {
  readonly id: string;
  readonly significant: boolean;
  /** The siblings that it starts after and is stopped before. */
  readonly after: Iterable<string>;
}

/** A plugin as a child of a supervisor. */
export interface PluginChild extends CommonChild {
  readonly kind: 'plugin';
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  readonly history: RestartHistory;
  /** The number of the shard that spawned its actor; 0: the supervisor itself did. */
  readonly shard: number;
}

/** A group as a child of a supervisor. */
export interface SupervisorChild extends CommonChild {
  readonly kind: 'supervisor';
  readonly spec: SupervisorSpec;
}

/** What a supervisor keeps about one child. The state of the child is in the child's own snapshot. */
export type Child = PluginChild | SupervisorChild;

/** Reads the present state of a child. */
export type ChildSummaryOf = (child: Child) => ChildSummary;

/** What a plugin inherits from a previous host: its restarts, and the history that decides about the next one. */
export interface InheritedRestarts {
  readonly restarts: number;
  readonly history: RestartHistory;
}

/** What a supervisor needs to spawn a plugin. */
export interface PluginSpec {
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  /** The last generation that an earlier actor of the plugin has used, so that numbers only grow. */
  readonly generation: number;
  readonly inherited?: InheritedRestarts | undefined;
}

/** OTP's child specification: a plugin or a whole group that a supervisor is to have. */
export type ChildSpec =
  | (CommonChild & PluginSpec & { readonly kind: 'plugin' })
  | (SupervisorChild & { readonly children: readonly ChildSpec[] });

/** One group stop, and what follows it. */
export interface GroupRestartPlan extends AffectedChildren {
  readonly next: AfterGroupStop;
  /** The reason that the affected children show, for example `sibling.ended com.example.store`. */
  readonly because: string;
  /** From the last exit of the group stop to the first start, in milliseconds. */
  readonly backoffMs: number;
}

/** The context of the supervisor machine. */
export interface SupervisorContext extends GroupRestartPlan {
  readonly spec: SupervisorSpec;
  /** In start order. */
  readonly children: readonly Child[];
  /** The moments of the restarts that count, in the time of `clock`. */
  readonly restarts: FailureHistory;
  readonly clock: PausableClock;
  /** How many children of a group restart may be starting at the same time. */
  readonly startConcurrency: number;
  /** Given up with its parent; only the parent tries again. */
  readonly failedWithParent: boolean;
}

/** The input of the supervisor machine. */
export interface SupervisorInput {
  readonly spec: SupervisorSpec;
  readonly startConcurrency: number;
}

/** The commands of a parent to a supervisor. */
export type SupervisorCommand =
  | { readonly type: 'supervisor.children'; readonly children: readonly ChildSpec[] }
  /** Stop all children, keep them wanted, and wait for `supervisor.resume`. */
  | { readonly type: 'supervisor.suspend'; readonly because: string }
  | { readonly type: 'supervisor.resume' }
  | { readonly type: 'supervisor.restart'; readonly delayMs: number }
  | { readonly type: 'supervisor.giveUp'; readonly withParent: boolean }
  /** Stop all children so that they are no longer wanted, and wait. */
  | { readonly type: 'supervisor.deactivate'; readonly because: string }
  /** The environment stops: restart nothing any more. */
  | { readonly type: 'supervisor.stop' };

/** A command to a plugin of this supervisor, which notes what its own decisions depend on and passes it on. */
export interface MemberCommand {
  readonly type: 'member.command';
  readonly plugin: string;
  readonly command: PluginCommand;
  /** Whether the restart history of the plugin is emptied. Default `false`. */
  readonly forgetsFailures?: boolean;
}

/** The reports of a supervisor to its parent. */
export type SupervisorReportEvent =
  /** It has entered a state that its parent may wait for. */
  | { readonly type: 'supervisor.changed'; readonly supervisor: string }
  /** It has given up and stopped all its children; its parent decides. */
  | { readonly type: 'supervisor.gaveUp'; readonly supervisor: string }
  /** It was given up with its parent, and one of its plugins was activated: the parent is to try again. */
  | { readonly type: 'supervisor.retryRequested'; readonly supervisor: string }
  /** Its significant children have ended, and it has stopped the others; none is wanted. */
  | { readonly type: 'supervisor.ended'; readonly supervisor: string }
  | { readonly type: 'supervisor.reported'; readonly report: SupervisorReport }
  /** A plugin of the subtree has got an actor: its first one or a new one. */
  | { readonly type: 'plugin.spawned'; readonly plugin: string }
  /** The state of a plugin of the subtree has changed. */
  | { readonly type: 'plugin.changed'; readonly plugin: string };

/** XState's report that the actor of a child failed with an internal error. */
export interface ActorErrorEvent {
  readonly type: `xstate.error.actor.${string}`;
  readonly error: unknown;
  readonly actorId: string;
}

/** The parent's event to itself: a subtree whose supervisor failed is cleared, and is to be spawned again. */
export interface SubtreeClearedEvent {
  readonly type: 'subtree.cleared';
  readonly subtree: Extract<ChildSpec, { readonly kind: 'supervisor' }>;
}

/** A supervisor's events to itself in a group restart. */
export type GroupRestartEvent =
  | { readonly type: 'group.stop'; readonly plan: GroupRestartPlan }
  /** No affected child has a process. `activationRequested`: one of them was activated meanwhile. */
  | { readonly type: 'group.stopped'; readonly activationRequested: boolean }
  | { readonly type: 'group.started' };

/** The events of the supervisor machine. */
export type SupervisorEvent =
  | GroupRestartEvent
  | SupervisorCommand
  | MemberCommand
  | SupervisorReportEvent
  | PluginReport
  | ActorErrorEvent
  | SubtreeClearedEvent;

/** The events of the shard machine. */
export type ShardEvent =
  | { readonly type: 'shard.spawn'; readonly id: string; readonly input: PluginInput }
  | { readonly type: 'shard.remove'; readonly id: string }
  | PluginReport
  | ActorErrorEvent;
