import type { Strategy } from '../../model/index.js';
import { stoppable, startable, type Progress, type Step } from '../scheduling/order.js';
import { affectedBy } from './strategy.js';

/** The present state of a child of a supervisor. */
export interface ChildSummary {
  /** A process exists or is being spawned: its own, or one of its subtree. */
  readonly isRunning: boolean;
  /** Its process is being stopped. */
  readonly isStopping: boolean;
  /** It is wanted, whether it runs or not. */
  readonly isWanted: boolean;
  /** Its supervisor has suspended it. */
  readonly isSuspended: boolean;
  /** It runs, or is going to run without a further command. */
  readonly isActive: boolean;
  /** Its progress in a start or a stop of the group. */
  readonly progress: Progress;
}

/** Whether it runs and keeps running. */
export function staysRunning({ isRunning, isWanted, isStopping }: ChildSummary): boolean {
  return isRunning && isWanted && !isStopping;
}

/** A child in a group stop or a group restart. */
export interface Sibling {
  readonly kind: 'plugin' | 'supervisor';
  readonly id: string;
  /** The siblings that it starts after and is stopped before. */
  readonly after: Iterable<string>;
  readonly summary: ChildSummary;
}

/** The children of a group stop, and those of them that have not got their stop command yet; both in start order. */
export interface AffectedChildren {
  readonly affected: readonly string[];
  readonly toStop: readonly string[];
}

/** The same group stop with the children that one more exit affects. No child gets a second stop command, but the exited one. */
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

/** The next step of a group stop. */
export interface NextStops<Child> {
  /** The children to stop now: running ones in reverse start order, those that are stopping or do not run at once. */
  readonly stop: readonly Child[];
  /** The children that were activated since their stop: they start with the others. */
  readonly suspend: readonly Child[];
  /** The children to stop later. */
  readonly toStop: readonly string[];
  readonly isDone: boolean;
}

/** Decides the next step of a group stop from the present state of its children. */
export function nextStops<Child extends Sibling>(
  siblings: readonly Child[],
  toStop: readonly string[],
): NextStops<Child> {
  const steps = siblings.map((child) => {
    const { kind, id, after, summary } = child;
    // A stopped child needs no command. A supervisor that was replaced has not got its command.
    const isNew = kind === 'supervisor' && summary.progress === 'running';
    const isPending = isNew || (toStop.includes(id) && (summary.isRunning || summary.isWanted));
    const isWantedAgain =
      !isPending && kind === 'plugin' && summary.isWanted && summary.isActive && !summary.isSuspended;
    // A group has stopped when its supervisor is suspended.
    const isStopped = kind === 'supervisor' && !isPending ? summary.isSuspended : !summary.isRunning;
    const step: Step = { id, after, progress: isStopped ? 'stopped' : 'running' };
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

/** The next step of a group start. */
export interface NextStarts<Child> {
  readonly resume: readonly Child[];
  readonly isDone: boolean;
}

/**
 * Decides the next step of a group start from the present state of its children.
 *
 * @param limit How many of them may be starting at the same time.
 */
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
