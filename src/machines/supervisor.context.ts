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
  type RestartMemory,
  type RestartVerdict,
  type Step,
} from '../policy/index.js';
import type { PluginReport } from './plugin.types.js';
import type {
  Aim,
  Child,
  ChildStanding,
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

/** Those that came to be affected by several ends, in start order. */
export function joined(
  { children, spec }: SupervisorContext,
  affected: readonly string[],
  fallen: string,
): readonly string[] {
  const ids = idsOf(children);
  const more = affectedBy(spec.strategy, ids, fallen);
  return ids.filter((id) => affected.includes(id) || more.includes(id));
}

/** All children, and none of them told yet. */
export function everybody(
  { children }: SupervisorContext,
  plan: Omit<Gathering, 'affected' | 'pending' | 'pauseMs'>,
): Gathering {
  const affected = idsOf(children);
  return { pauseMs: 0, ...plan, affected, pending: affected };
}

/** What is to be done about children that come down together. */
export interface Descent {
  /** Whom to tell now: whoever runs in reverse order, and at once who is on the way down, or does not run. */
  readonly tell: readonly Child[];
  /** Who is wanted again since it was told: it starts with the others. */
  readonly hold: readonly Child[];
  /** Whom to tell later. */
  readonly pending: readonly string[];
  readonly isOver: boolean;
}

export function descent(context: SupervisorContext, standing: ChildStandingOf): Descent {
  const steps = affectedChildren(context).map((child) => {
    const at = standing(child);
    const { id, after } = child;
    // Who rests need not be told that it does.
    const isPending = context.pending.includes(id) && (at.runs || at.isWanted);
    const isBack = !isPending && child.kind === 'plugin' && at.isWanted && at.isActive && !at.isHeld;
    const isToBeTold = isPending || isBack;
    const isDone = isToBeTold ? !at.runs : isDown(child, at);
    const step: Step = {
      id,
      after,
      progress: isDone ? 'down' : isToBeTold && !at.isSinking ? 'up' : 'sinking',
    };
    return { child, isPending, isBack, step };
  });
  const next = new Set(nextDown(steps.map(({ step }) => step)));
  const isNext = ({ step }: (typeof steps)[number]) => step.progress !== 'up' || next.has(step.id);
  const pending = steps.filter(({ isPending }) => isPending);
  const back = steps.filter(({ isBack }) => isBack);
  return {
    tell: pending.filter(isNext).map(({ child }) => child),
    hold: back.filter(isNext).map(({ child }) => child),
    pending: pending.filter((one) => !isNext(one)).map(({ child }) => child.id),
    isOver: pending.length + back.length === 0 && steps.every(({ step }) => step.progress === 'down'),
  };
}

/** Whether one that was told to come down has. */
function isDown({ kind }: Child, at: ChildStanding): boolean {
  return kind === 'plugin' ? !at.runs && (at.isHeld || !at.isActive) : at.isHeld;
}

/** Whether children come down to stay down, unless somebody wants them meanwhile. */
export function isForGood(aim: Aim): boolean {
  return aim === 'shutDown' || aim === 'close';
}

/** What is to be done about children that come up together. */
export interface Ascent {
  readonly release: readonly Child[];
  readonly isOver: boolean;
}

export function ascent(context: SupervisorContext, standing: ChildStandingOf): Ascent {
  const steps = affectedChildren(context).map((child) => ({
    child,
    id: child.id,
    after: child.after,
    progress: standing(child).progress,
  }));
  const next = nextUp(steps, context.startConcurrency);
  return {
    release: steps.filter(({ id }) => next.includes(id)).map(({ child }) => child),
    isOver: steps.every(({ progress }) => progress === 'up' || progress === 'down'),
  };
}

export function affectedChildren({ children, affected }: SupervisorContext): readonly Child[] {
  return children.filter(({ id }) => affected.includes(id));
}
