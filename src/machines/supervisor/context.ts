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

/** What a child's end is told by. */
export type ChildExitEvent =
  | Extract<PluginReport, { readonly type: 'plugin.crashed' }>
  | Extract<SupervisorReportEvent, { readonly type: 'supervisor.gaveUp' | 'supervisor.ended' }>;

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

export function idsOf(children: readonly { readonly id: string }[]): readonly string[] {
  return children.map(({ id }) => id);
}

export function findChild({ children }: SupervisorContext, id: string): Child | undefined {
  return children.find((child) => child.id === id);
}

/** The children, with this one changed. */
export function withChild(
  children: readonly Child[],
  id: string,
  change: Partial<Pick<PluginChild, 'history' | 'policy'>>,
): readonly Child[] {
  const index = children.findIndex((child) => child.id === id);
  const child = children[index];
  return child === undefined ? children : children.with(index, { ...child, ...change });
}

/** The children with their failures forgotten. */
export function withEmptyHistories(children: readonly Child[]): readonly Child[] {
  return children.map((child) => (child.kind === 'plugin' ? { ...child, history: emptyHistory } : child));
}

/** What a child's own policy says to its end, and what is to be remembered of it. */
export function decideForChild(
  context: SupervisorContext,
  end: ChildExitEvent,
  random: number,
): { readonly decision: RestartDecision; readonly history?: RestartHistory } {
  const child = findChild(context, exitedChildId(end));
  if (end.type === 'plugin.crashed' && child?.kind === 'plugin') {
    const { exit, wasHealthy } = end;
    return decideExit({ policy: child.policy.restart, history: child.history, exit, wasHealthy, random });
  }
  if (end.type === 'supervisor.ended') return { decision: { decision: 'stop' } };
  // Without a budget nothing would bound the restarts of a group that gave up.
  return context.spec.intensity === null
    ? { decision: { decision: 'giveUp', reason: 'FailedToStayRunning' } }
    : { decision: { decision: 'restart', delayMs: 0, attempt: context.restarts.length + 1 } };
}

export function exitedChildId(end: ChildExitEvent): string {
  return end.type === 'plugin.crashed' ? end.plugin : end.supervisor;
}

/** What the end of a child means for its siblings. */
export function decideForSiblings(
  context: SupervisorContext,
  end: ChildExitEvent,
  summaryOf: ChildSummaryOf,
  now: number,
): GroupDecision {
  const { spec, restarts, clock } = context;
  const concernsOthers = spec.strategy !== 'one-for-one' || spec.autoShutdown !== 'never';
  // What a thousand siblings are like need not be looked at where their end is their own affair.
  const children = concernsOthers ? context.children : [];
  return decideForGroup({
    strategy: spec.strategy,
    autoShutdown: spec.autoShutdown,
    children: children.map((child) => ({
      id: child.id,
      significant: child.significant,
      isActive: summaryOf(child).isActive,
    })),
    exited: exitedChildId(end),
    decision: decideForChild(context, end, 0).decision.decision,
    exhausted: isExhausted(restarts, readClock(clock, now), spec),
  });
}

/** All children, and none of them told yet. */
export function planForAll(
  { children }: SupervisorContext,
  plan: Pick<GroupRestartPlan, 'next' | 'because'>,
): GroupRestartPlan {
  const affected = idsOf(children);
  return { backoffMs: 0, ...plan, affected, toStop: affected };
}

/**
 * A given-up group is tried again. Whose activation leads to it was told to wait already: as a temporary one it would
 * be told not to start again. `null`: that one was taken up since and stays up, so its activation asks for nothing.
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

export function affectedChildren({ children, affected }: SupervisorContext): readonly Child[] {
  return children.filter(({ id }) => affected.includes(id));
}

/** The children that come down and up together, and where they are. */
export function siblingsIn(
  context: SupervisorContext,
  summaryOf: ChildSummaryOf,
): readonly (Child & Sibling)[] {
  return affectedChildren(context).map((child) => ({ ...child, summary: summaryOf(child) }));
}
