import {
  decideForGroup,
  emptyHistory,
  isExhausted,
  readClock,
  decideExit,
  staysRunning,
  type AfterGroupStop,
  type GroupDecision,
  type RestartHistory,
  type RestartDecision,
  type Sibling,
} from '../../policy/index.js';
import type { PluginReport } from '../plugin/types.js';
import type {
  Child,
  ChildSummaryOf,
  GroupRestartPlan,
  PluginChild,
  SupervisorContext,
  SupervisorInput,
  SupervisorReportEvent,
} from './types.js';

/** The events by which a supervisor learns that a child has ended. */
export type ChildExitEvent =
  | Extract<PluginReport, { readonly type: 'plugin.crashed' }>
  | Extract<SupervisorReportEvent, { readonly type: 'supervisor.gaveUp' | 'supervisor.ended' }>;

/** What a decision about an exit depends on besides the supervisor's context. */
export interface DecisionInputs {
  /** In [0, 1). */
  readonly random: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly summaryOf: ChildSummaryOf;
}

/** The context of a supervisor without children. */
export function initialSupervisorContext({ spec, startConcurrency }: SupervisorInput): SupervisorContext {
  return {
    spec,
    children: [],
    restarts: [],
    affected: [],
    toStop: [],
    next: 'restart',
    because: '',
    backoffMs: 0,
    clock: { pausedMs: 0, pausedAt: null },
    startConcurrency,
    failedWithParent: false,
  };
}

/** The names of children, in their order. */
export function idsOf(children: readonly { readonly id: string }[]): readonly string[] {
  return children.map(({ id }) => id);
}

/** The child of this name. */
export function findChild({ children }: SupervisorContext, id: string): Child | undefined {
  return children.find((child) => child.id === id);
}

/** The children with one of them changed. */
export function withChild(
  children: readonly Child[],
  id: string,
  change: Partial<Pick<PluginChild, 'history' | 'policy'>>,
): readonly Child[] {
  const index = children.findIndex((child) => child.id === id);
  const child = children[index];
  return child === undefined ? children : children.with(index, { ...child, ...change });
}

/** The children with empty restart histories. */
export function withEmptyHistories(children: readonly Child[]): readonly Child[] {
  return children.map((child) => (child.kind === 'plugin' ? { ...child, history: emptyHistory } : child));
}

/** What the child's own policy decides about its exit, and the restart history of the child after it. */
export function decideForChild(
  context: SupervisorContext,
  exit: ChildExitEvent,
  random: number,
): { readonly decision: RestartDecision; readonly history?: RestartHistory } {
  const child = findChild(context, exitedChildId(exit));
  if (exit.type === 'plugin.crashed' && child?.kind === 'plugin') {
    const { policy, history } = child;
    const { exit: record, wasHealthy } = exit;
    return decideExit({ policy: policy.restart, history, exit: record, wasHealthy, random });
  }
  if (exit.type === 'supervisor.ended') return { decision: { decision: 'stop' } };
  // Without a restart intensity nothing would bound the restarts of a group that gave up.
  return context.spec.intensity === null
    ? { decision: { decision: 'giveUp', reason: 'FailedToStayRunning' } }
    : { decision: { decision: 'restart', delayMs: 0, attempt: context.restarts.length + 1 } };
}

/** The name of the child that has ended. */
export function exitedChildId(exit: ChildExitEvent): string {
  return exit.type === 'plugin.crashed' ? exit.plugin : exit.supervisor;
}

/**
 * What the exit of a child means for its siblings.
 *
 * @param next What follows the group stop that is in progress; `null`: none is.
 */
export function decideForSiblings(
  context: SupervisorContext,
  exit: ChildExitEvent,
  { decision }: RestartDecision,
  { summaryOf, now }: DecisionInputs,
  next: AfterGroupStop | null,
): GroupDecision {
  const { spec, restarts, clock } = context;
  const concernsOthers = spec.strategy !== 'one-for-one' || spec.autoShutdown !== 'never';
  // A flat group of a thousand plugins need not summarize all of them at each exit.
  const children = concernsOthers ? context.children : [];
  return decideForGroup({
    strategy: spec.strategy,
    autoShutdown: spec.autoShutdown,
    children: children.map((child) => ({
      id: child.id,
      significant: child.significant,
      isActive: summaryOf(child).isActive,
    })),
    exited: exitedChildId(exit),
    decision,
    exhausted: isExhausted(restarts, readClock(clock, now), spec),
    next,
  });
}

/** A group stop of all children. */
export function planForAll(
  { children }: SupervisorContext,
  plan: Pick<GroupRestartPlan, 'next' | 'because'>,
): GroupRestartPlan {
  const affected = idsOf(children);
  return { backoffMs: 0, ...plan, affected, toStop: affected };
}

/**
 * The group stop with which a group that was given up is tried again. The plugin whose activation leads to it is queued
 * already; if it were stopped too, a temporary one would not start again. `null`: that plugin runs and keeps running,
 * for example as it was reattached, so that its activation changes nothing.
 */
export function retryPlan(
  context: SupervisorContext,
  next: AfterGroupStop,
  activated: string | null,
  summaryOf: ChildSummaryOf,
): GroupRestartPlan | null {
  const child = context.children.find(({ id }) => id === activated);
  if (child !== undefined && staysRunning(summaryOf(child))) return null;
  const plan = planForAll(context, { next, because: 'supervisor.retried' });
  return { ...plan, toStop: plan.toStop.filter((id) => id !== activated) };
}

/** The children that the group stop or restart in progress affects, in start order. */
export function affectedChildren({ children, affected }: SupervisorContext): readonly Child[] {
  return children.filter(({ id }) => affected.includes(id));
}

/** The affected children with their present state. */
export function siblingsIn(
  context: SupervisorContext,
  summaryOf: ChildSummaryOf,
): readonly (Child & Sibling)[] {
  return affectedChildren(context).map((child) => ({ ...child, summary: summaryOf(child) }));
}
