import {
  affectedBy,
  decideForGroup,
  cleanSlate,
  isExhausted,
  nextDown,
  nextUp,
  ownNow,
  judgeEnd,
  type GroupAnswer,
  type Progress,
  type RestartMemory,
  type RestartVerdict,
} from '../policy/index.js';
import type { PluginReport } from './plugin.types.js';
import type {
  Aim,
  Child,
  PluginChild,
  SupervisorContext,
  SupervisorInput,
  SupervisorNews,
  Whereabouts,
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
  change: Partial<Pick<PluginChild, 'whereabouts' | 'memory' | 'policy'>>,
): readonly Child[] {
  const at = children.findIndex((child) => child.id === id);
  const child = children[at];
  return child === undefined ? children : children.with(at, { ...child, ...change });
}

export function marked(
  children: readonly Child[],
  ids: readonly string[],
  whereabouts: Whereabouts,
): readonly Child[] {
  return ids.reduce((marking, id) => withChild(marking, id, { whereabouts }), children);
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
export function answerTo(context: SupervisorContext, end: ChildEnd, now: number): GroupAnswer {
  const { spec, restarts, ownTime } = context;
  const concernsOthers = spec.strategy !== 'one-for-one' || spec.autoShutdown !== 'never';
  // What a thousand siblings are like need not be looked at where their end is their own affair.
  const children = concernsOthers ? context.children : [];
  return decideForGroup({
    strategy: spec.strategy,
    autoShutdown: spec.autoShutdown,
    children: children.map(({ id, significant, whereabouts }) => ({
      id,
      significant,
      isActive: whereabouts !== 'down' && whereabouts !== 'failed',
    })),
    ended: endedChild(end),
    verdict: judged(context, end, 0).verdict.verdict,
    exhausted: isExhausted(restarts, ownNow(ownTime, now), spec),
  });
}

/**
 * These children come down together. A supervisor below may have started plugins of its own accord since it was last
 * heard of, so none of them is taken for down. Where all come down for good, those that came down to be started again
 * are told at once that they are not.
 */
export function gathering(
  context: SupervisorContext,
  plan: {
    readonly aim: Aim;
    readonly affected: readonly string[];
    readonly because: string;
    readonly pauseMs?: number;
  },
): Partial<SupervisorContext> {
  const { children } = context;
  const unsure = children.filter(({ kind }) => kind === 'supervisor');
  const all = marked(children, idsOf(unsure), 'up');
  if (plan.aim !== 'shutDown') return { pauseMs: 0, ...plan, children: all };
  const hopeful = children.filter(({ whereabouts }) => whereabouts === 'held' || whereabouts === 'closing');
  return { pauseMs: 0, ...plan, children: marked(all, idsOf(hopeful), 'fallen') };
}

/** Those that came to be affected by several ends, in start order. */
export function joined(context: SupervisorContext, fallen: string): readonly string[] {
  const ids = idsOf(context.children);
  const more = affectedBy(context.spec.strategy, ids, fallen);
  return ids.filter((id) => context.affected.includes(id) || more.includes(id));
}

export function isGathered(context: SupervisorContext): boolean {
  return affectedChildren(context).every(({ whereabouts }) => isDown(whereabouts) || whereabouts === 'held');
}

/** Whether all are down, and one of them was activated meanwhile. */
export function isAskedForAnew(context: SupervisorContext): boolean {
  return isGathered(context) && affectedChildren(context).some(({ whereabouts }) => whereabouts === 'held');
}

/** Whom to tell now to come down: whatever runs in reverse order, and at once what does not run anyway. */
export function nextToClose(context: SupervisorContext): readonly string[] {
  const affected = affectedChildren(context);
  const lying = affected.filter(({ whereabouts }) => whereabouts === 'fallen' || whereabouts === 'failed');
  return [...idsOf(lying), ...nextDown(affected.map(stepOf))];
}

export function isStarted(context: SupervisorContext): boolean {
  return affectedChildren(context).every(
    ({ whereabouts }) => whereabouts === 'up' || whereabouts === 'failed' || isDown(whereabouts),
  );
}

export function nextToStart(context: SupervisorContext): readonly string[] {
  return nextUp(affectedChildren(context).map(stepOf), context.startConcurrency);
}

function affectedChildren({ children, affected }: SupervisorContext): readonly Child[] {
  return children.filter(({ id }) => affected.includes(id));
}

function isDown(whereabouts: Whereabouts): boolean {
  return whereabouts === 'down' || whereabouts === 'queued';
}

const progress: Readonly<Record<Whereabouts, Progress>> = {
  down: 'down',
  queued: 'down',
  failed: 'down',
  fallen: 'down',
  held: 'waiting',
  rising: 'rising',
  up: 'up',
  closing: 'sinking',
};

function stepOf({ id, after, whereabouts }: Child) {
  return { id, after, progress: progress[whereabouts] };
}
