import type { Strategy } from '../model/index.js';
import { nextDown, nextUp, type Progress, type Step } from './order.js';
import { affectedBy, type GroupAnswer, type GroupQuestion } from './strategy.js';

/** Where a child of a supervisor is at this moment. */
export interface ChildStanding {
  /** A process exists or is being made: its own, or one somewhere below. */
  readonly runs: boolean;
  /** What runs is on its way down already. */
  readonly isSinking: boolean;
  /** Somebody wants it, whether it runs or not. */
  readonly isWanted: boolean;
  /** It waits for its supervisor. */
  readonly isHeld: boolean;
  /** It runs, or will by itself. */
  readonly isActive: boolean;
  /** Where it is on its way up. */
  readonly progress: Progress;
}

/** Whether it runs, and goes on running. */
export function staysUp({ runs, isWanted, isSinking }: ChildStanding): boolean {
  return runs && isWanted && !isSinking;
}

/** A child that comes down and up with others. */
export interface Sibling {
  readonly kind: 'plugin' | 'supervisor';
  readonly id: string;
  /** The siblings that it starts after, and is brought down before. */
  readonly after: readonly string[];
  readonly at: ChildStanding;
}

/**
 * What becomes of children that are brought down together, once all of them are down: they start again, wait for the
 * parent of their supervisor, are given up, or are no longer wanted, as their supervisor or its parent has it.
 */
export type Aim = 'restart' | 'hold' | 'giveUp' | 'shutDown' | 'close';

/** Whether children come down to stay down, unless somebody wants them meanwhile. */
export function isForGood(aim: Aim): boolean {
  return aim === 'shutDown' || aim === 'close';
}

/** The children that come down together, and those of them that have not been told yet; both in start order. */
export interface Company {
  readonly affected: readonly string[];
  readonly pending: readonly string[];
}

/** They, and whoever comes to be affected by one more end. Who was told already stays told. */
export function joined(
  strategy: Strategy,
  children: readonly string[],
  { affected, pending }: Company,
  fallen: string,
): Company {
  const more = affectedBy(strategy, children, fallen);
  const all = children.filter((id) => affected.includes(id) || more.includes(id));
  const isUntold = (id: string) => id === fallen || pending.includes(id) || !affected.includes(id);
  return { affected: all, pending: all.filter(isUntold) };
}

/**
 * What the end of a child means while its siblings come down anyway. One that is not tried any more ends all hope for
 * those that were to start again.
 *
 * @param alone What it would mean if they did not.
 */
export function answerAmongOthers(
  aim: Aim,
  verdict: GroupQuestion['verdict'],
  alone: GroupAnswer['answer'],
): 'alone' | 'join' | 'giveUp' {
  switch (verdict) {
    case 'rest':
      return 'alone';
    case 'restart':
      return 'join';
    case 'giveUp':
      if (isForGood(aim)) return 'alone';
      return aim === 'restart' && alone === 'giveUp' ? 'giveUp' : 'join';
  }
}

/** What is to be done about children that come down together. */
export interface Descent<Child> {
  /** Whom to tell now: whoever runs in reverse order, and at once who is on the way down, or does not run. */
  readonly tell: readonly Child[];
  /** Who is wanted again since it was told: it starts with the others. */
  readonly hold: readonly Child[];
  /** Whom to tell later. */
  readonly pending: readonly string[];
  readonly isOver: boolean;
}

export function descent<Child extends Sibling>(
  siblings: readonly Child[],
  untold: readonly string[],
): Descent<Child> {
  const steps = siblings.map((child) => {
    const { kind, id, after, at } = child;
    // Who rests need not be told that it does; a supervisor that was replaced does not know that it was told.
    const isNew = kind === 'supervisor' && at.progress === 'up';
    const isPending = isNew || (untold.includes(id) && (at.runs || at.isWanted));
    const isBack = !isPending && kind === 'plugin' && at.isWanted && at.isActive && !at.isHeld;
    // A group is down when it says so.
    const isDown = kind === 'supervisor' && !isPending ? at.isHeld : !at.runs;
    const step: Step = { id, after, progress: isDown ? 'down' : 'up' };
    return { child, isPending, isBack, step };
  });
  const next = new Set(nextDown(steps.map(({ step }) => step)));
  const isNext = ({ child: { id, at } }: (typeof steps)[number]) => !at.runs || at.isSinking || next.has(id);
  const pending = steps.filter(({ isPending }) => isPending);
  const back = steps.filter(({ isBack }) => isBack);
  return {
    tell: pending.filter(isNext).map(({ child }) => child),
    hold: back.filter(isNext).map(({ child }) => child),
    pending: pending.filter((one) => !isNext(one)).map(({ child }) => child.id),
    isOver: pending.length + back.length === 0 && steps.every(({ step }) => step.progress === 'down'),
  };
}

/** What is to be done about children that come up together. */
export interface Ascent<Child> {
  readonly release: readonly Child[];
  readonly isOver: boolean;
}

/** @param limit How many of them may be on their way up at a time. */
export function ascent<Child extends Sibling>(siblings: readonly Child[], limit: number): Ascent<Child> {
  const steps = siblings.map(({ id, after, at }): Step => ({ id, after, progress: at.progress }));
  const next = nextUp(steps, limit);
  return {
    release: siblings.filter(({ id }) => next.includes(id)),
    isOver: steps.every(({ progress }) => progress === 'up' || progress === 'down'),
  };
}
