import type { Strategy } from '../../model/index.js';
import { stoppable, startable, type Progress, type Step } from '../scheduling/order.js';
import { affectedBy, type GroupDecision, type GroupQuestion } from './strategy.js';

/** Where a child of a supervisor is at this moment. */
export interface ChildSummary {
  /** A process exists or is being made: its own, or one somewhere below. */
  readonly isRunning: boolean;
  /** What runs is on its way down already. */
  readonly isStopping: boolean;
  /** Somebody wants it, whether it runs or not. */
  readonly isWanted: boolean;
  /** It waits for its supervisor. */
  readonly isSuspended: boolean;
  /** It runs, or will by itself. */
  readonly isActive: boolean;
  /** Where it is on its way up. */
  readonly progress: Progress;
}

/** Whether it runs, and goes on running. */
export function staysRunning({ isRunning, isWanted, isStopping }: ChildSummary): boolean {
  return isRunning && isWanted && !isStopping;
}

/** A child that comes down and up with others. */
export interface Sibling {
  readonly kind: 'plugin' | 'supervisor';
  readonly id: string;
  /** The siblings that it starts after, and is brought down before. */
  readonly after: readonly string[];
  readonly summary: ChildSummary;
}

/**
 * What becomes of children that are brought down together, once all of them are down: they start again, wait for the
 * parent of their supervisor, are given up, or are no longer wanted, as their supervisor or its parent has it.
 */
export type AfterGroupStop = 'restart' | 'suspend' | 'giveUp' | 'shutDown' | 'deactivate';

/** Whether children come down to stay down, unless somebody wants them meanwhile. */
export function isForGood(next: AfterGroupStop): boolean {
  return next === 'shutDown' || next === 'deactivate';
}

/** The children that come down together, and those of them that have not been told yet; both in start order. */
export interface AffectedChildren {
  readonly affected: readonly string[];
  readonly toStop: readonly string[];
}

/** They, and whoever comes to be affected by one more end. Who was told already stays told. */
export function withExited(
  strategy: Strategy,
  children: readonly string[],
  { affected, toStop }: AffectedChildren,
  exited: string,
): AffectedChildren {
  const more = affectedBy(strategy, children, exited);
  const all = children.filter((id) => affected.includes(id) || more.includes(id));
  const isToStop = (id: string) => id === exited || toStop.includes(id) || !affected.includes(id);
  return { affected: all, toStop: all.filter(isToStop) };
}

/**
 * What the end of a child means while its siblings come down anyway. One that is not tried any more ends all hope for
 * those that were to start again.
 *
 * @param otherwise What it would mean if they did not.
 */
export function decideDuringGroupStop(
  next: AfterGroupStop,
  decision: GroupQuestion['decision'],
  otherwise: GroupDecision['action'],
): 'childOnly' | 'extend' | 'giveUp' {
  switch (decision) {
    case 'stop':
      return 'childOnly';
    case 'restart':
      return 'extend';
    case 'giveUp':
      if (isForGood(next)) return 'childOnly';
      return next === 'restart' && otherwise === 'giveUp' ? 'giveUp' : 'extend';
  }
}

/** What is to be done about children that come down together. */
export interface NextStops<Child> {
  /** Whom to tell now: whoever runs in reverse order, and at once who is on the way down, or does not run. */
  readonly stop: readonly Child[];
  /** Who is wanted again since it was told: it starts with the others. */
  readonly suspend: readonly Child[];
  /** Whom to tell later. */
  readonly toStop: readonly string[];
  readonly isDone: boolean;
}

export function nextStops<Child extends Sibling>(
  siblings: readonly Child[],
  toStop: readonly string[],
): NextStops<Child> {
  const steps = siblings.map((child) => {
    const { kind, id, after, summary } = child;
    // Who rests need not be told that it does; a supervisor that was replaced does not know that it was told.
    const isNew = kind === 'supervisor' && summary.progress === 'running';
    const isPending = isNew || (toStop.includes(id) && (summary.isRunning || summary.isWanted));
    const isWantedAgain =
      !isPending && kind === 'plugin' && summary.isWanted && summary.isActive && !summary.isSuspended;
    // A group is down when it says so.
    const isDown = kind === 'supervisor' && !isPending ? summary.isSuspended : !summary.isRunning;
    const step: Step = { id, after, progress: isDown ? 'stopped' : 'running' };
    return { child, isPending, isWantedAgain, step };
  });
  const next = new Set(stoppable(steps.map(({ step }) => step)));
  const isNext = ({ child: { id, summary } }: (typeof steps)[number]) =>
    !summary.isRunning || summary.isStopping || next.has(id);
  const pending = steps.filter(({ isPending }) => isPending);
  const wantedAgain = steps.filter(({ isWantedAgain }) => isWantedAgain);
  return {
    stop: pending.filter(isNext).map(({ child }) => child),
    suspend: wantedAgain.filter(isNext).map(({ child }) => child),
    toStop: pending.filter((one) => !isNext(one)).map(({ child }) => child.id),
    isDone:
      pending.length + wantedAgain.length === 0 && steps.every(({ step }) => step.progress === 'stopped'),
  };
}

/** What is to be done about children that come up together. */
export interface NextStarts<Child> {
  readonly resume: readonly Child[];
  readonly isDone: boolean;
}

/** @param limit How many of them may be on their way up at a time. */
export function nextStarts<Child extends Sibling>(
  siblings: readonly Child[],
  limit: number,
): NextStarts<Child> {
  const steps = siblings.map(({ id, after, summary }): Step => ({ id, after, progress: summary.progress }));
  const next = startable(steps, limit);
  return {
    resume: siblings.filter(({ id }) => next.includes(id)),
    isDone: steps.every(({ progress }) => progress === 'running' || progress === 'stopped'),
  };
}
