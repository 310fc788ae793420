import {
  decideForGroup,
  cleanSlate,
  isExhausted,
  ownNow,
  judgeEnd,
  staysUp,
  type Aim,
  type GroupAnswer,
  type RestartMemory,
  type RestartVerdict,
  type Sibling,
} from '../policy/index.js';
import type { PluginReport } from './plugin.types.js';
import type {
  Child,
  ChildStandingOf,
  Gathering,
  PluginChild,
  SupervisorContext,
  SupervisorInput,
  SupervisorNews,
} from './supervisor.types.js';

/** What a child's end is told by. */
export type ChildEnd =
  | Extract<PluginReport, { readonly type: 'plugin.crashed' }>
  | Extract<SupervisorNews, { readonly type: 'supervisor.gaveUp' | 'supervisor.ended' }>;

export function initialSupervisor({ spec, startConcurrency }: SupervisorInput): SupervisorContext {
  return {
    spec,
    children: [],
    restarts: [],
    affected: [],
    pending: [],
    aim: 'restart',
    because: '',
    pauseMs: 0,
    ownTime: { standstillMs: 0, since: null },
    startConcurrency,
    failedWithParent: false,
  };
}

export function idsOf(children: readonly { readonly id: string }[]): readonly string[] {
  return children.map(({ id }) => id);
}

export function childOf({ children }: SupervisorContext, id: string): Child | undefined {
  return children.find((child) => child.id === id);
}

/** The children, with this one changed. */
export function withChild(
  children: readonly Child[],
  id: string,
  change: Partial<Pick<PluginChild, 'memory' | 'policy'>>,
): readonly Child[] {
  const at = children.findIndex((child) => child.id === id);
  const child = children[at];
  return child === undefined ? children : children.with(at, { ...child, ...change });
}

/** The children with their failures forgotten. */
export function forgiven(children: readonly Child[]): readonly Child[] {
  return children.map((child) => (child.kind === 'plugin' ? { ...child, memory: cleanSlate } : child));
}

/** What a child's own policy says to its end, and what is to be remembered of it. */
export function judged(
  context: SupervisorContext,
  end: ChildEnd,
  random: number,
): { readonly verdict: RestartVerdict; readonly memory?: RestartMemory } {
  const child = childOf(context, endedChild(end));
  if (end.type === 'plugin.crashed' && child?.kind === 'plugin') {
    const { exit, wasHealthy } = end;
    return judgeEnd({ policy: child.policy.restart, memory: child.memory, exit, wasHealthy, random });
  }
  if (end.type === 'supervisor.ended') return { verdict: { verdict: 'rest' } };
  // Without a budget nothing would bound the restarts of a group that gave up.
  return context.spec.intensity === null
    ? { verdict: { verdict: 'giveUp', reason: 'FailedToStayRunning' } }
    : { verdict: { verdict: 'restart', delayMs: 0, attempt: context.restarts.length + 1 } };
}

export function endedChild(end: ChildEnd): string {
  return end.type === 'plugin.crashed' ? end.plugin : end.supervisor;
}

/** What the end of a child means for its siblings. */
export function answerTo(
  context: SupervisorContext,
  end: ChildEnd,
  standing: ChildStandingOf,
  now: number,
): GroupAnswer {
  const { spec, restarts, ownTime } = context;
  const concernsOthers = spec.strategy !== 'one-for-one' || spec.autoShutdown !== 'never';
  // What a thousand siblings are like need not be looked at where their end is their own affair.
  const children = concernsOthers ? context.children : [];
  return decideForGroup({
    strategy: spec.strategy,
    autoShutdown: spec.autoShutdown,
    children: children.map((child) => ({
      id: child.id,
      significant: child.significant,
      isActive: standing(child).isActive,
    })),
    ended: endedChild(end),
    verdict: judged(context, end, 0).verdict.verdict,
    exhausted: isExhausted(restarts, ownNow(ownTime, now), spec),
  });
}

/** All children, and none of them told yet. */
export function everybody(
  { children }: SupervisorContext,
  plan: Pick<Gathering, 'aim' | 'because'>,
): Gathering {
  const affected = idsOf(children);
  return { pauseMs: 0, ...plan, affected, pending: affected };
}

/**
 * A given-up group is tried again. Whose activation leads to it was told to wait already: as a temporary one it would
 * be told not to start again. `null`: that one was taken up since and stays up, so its activation asks for nothing.
 */
export function retry(
  context: SupervisorContext,
  aim: Aim,
  activated: string | null,
  standing: ChildStandingOf,
): Gathering | null {
  const child = context.children.find(({ id }) => id === activated);
  if (child !== undefined && staysUp(standing(child))) return null;
  const plan = everybody(context, { aim, because: 'supervisor.retried' });
  return { ...plan, pending: plan.pending.filter((id) => id !== activated) };
}

export function affectedChildren({ children, affected }: SupervisorContext): readonly Child[] {
  return children.filter(({ id }) => affected.includes(id));
}

/** The children that come down and up together, and where they are. */
export function siblingsIn(
  context: SupervisorContext,
  standing: ChildStandingOf,
): readonly (Child & Sibling)[] {
  return affectedChildren(context).map((child) => ({ ...child, at: standing(child) }));
}
