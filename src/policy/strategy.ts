import type { AutoShutdown, Strategy } from '../model/index.js';

/** Which children go down and come up together when one of them is to be restarted; itself included, in start order. */
export function affectedBy(
  strategy: Strategy,
  children: readonly string[],
  fallen: string,
): readonly string[] {
  switch (strategy) {
    case 'one-for-one':
      return children.filter((id) => id === fallen);
    case 'one-for-all':
      return children;
    case 'rest-for-one':
      return children.slice(children.indexOf(fallen));
  }
}

/** A child of a supervisor, as far as auto-shutdown cares. */
export interface Significance {
  readonly id: string;
  readonly significant: boolean;
  /** Whether it runs, or is about to. */
  readonly isActive: boolean;
}

/** Whether a supervisor goes down now that a child has ended by itself, and is not restarted. */
export function shutsDown(
  autoShutdown: AutoShutdown,
  children: readonly Significance[],
  ended: string,
): boolean {
  const significant = children.filter((child) => child.significant);
  if (!significant.some(({ id }) => id === ended)) return false;
  switch (autoShutdown) {
    case 'never':
      return false;
    case 'any-significant':
      return true;
    case 'all-significant':
      return significant.every(({ id, isActive }) => id === ended || !isActive);
  }
}

/** What a supervisor does about the end of one of its children. */
export type GroupAnswer =
  /** Only the child itself is concerned: it is restarted, rests or is given up alone. */
  | { readonly answer: 'alone' }
  /** These go down and come up together. */
  | { readonly answer: 'together'; readonly affected: readonly string[] }
  /** All go down, for its parent to decide. */
  | { readonly answer: 'giveUp'; readonly why: 'childGaveUp' | 'exhausted' }
  /** All go down, as their work is done. */
  | { readonly answer: 'shutDown' };

export interface GroupQuestion {
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  /** In start order. */
  readonly children: readonly Significance[];
  readonly ended: string;
  /** What the child's own policy says. */
  readonly verdict: 'restart' | 'rest' | 'giveUp';
  /** Whether the supervisor's own budget is used up. */
  readonly exhausted: boolean;
}

/** Decides what the end of a child means for its siblings. */
export function decideForGroup(question: GroupQuestion): GroupAnswer {
  const { strategy, autoShutdown, children, ended, verdict, exhausted } = question;
  if (verdict === 'rest')
    return shutsDown(autoShutdown, children, ended) ? { answer: 'shutDown' } : { answer: 'alone' };
  if (verdict === 'giveUp')
    return strategy === 'one-for-one' ? { answer: 'alone' } : { answer: 'giveUp', why: 'childGaveUp' };
  if (exhausted) return { answer: 'giveUp', why: 'exhausted' };
  if (strategy === 'one-for-one') return { answer: 'alone' };
  const ids = children.map(({ id }) => id);
  return { answer: 'together', affected: affectedBy(strategy, ids, ended) };
}
