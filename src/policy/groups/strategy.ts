import type { AutoShutdown, Strategy } from '../../model/index.js';

/** Which children go down and come up together when one of them is to be restarted; itself included, in start order. */
export function affectedBy(
  strategy: Strategy,
  children: readonly string[],
  exited: string,
): readonly string[] {
  switch (strategy) {
    case 'one-for-one':
      return children.filter((id) => id === exited);
    case 'one-for-all':
      return children;
    case 'rest-for-one':
      return children.slice(children.indexOf(exited));
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
  exited: string,
): boolean {
  const significant = children.filter((child) => child.significant);
  if (!significant.some(({ id }) => id === exited)) return false;
  switch (autoShutdown) {
    case 'never':
      return false;
    case 'any-significant':
      return true;
    case 'all-significant':
      return significant.every(({ id, isActive }) => id === exited || !isActive);
  }
}

/** What a supervisor does about the end of one of its children. */
export type GroupDecision =
  /** Only the child itself is concerned: it is restarted, rests or is given up alone. */
  | { readonly action: 'childOnly' }
  /** These go down and come up together. */
  | { readonly action: 'restartGroup'; readonly affected: readonly string[] }
  /** All go down, for its parent to decide. */
  | { readonly action: 'giveUp'; readonly why: 'childGaveUp' | 'exhausted' }
  /** All go down, as their work is done. */
  | { readonly action: 'shutDown' };

export interface GroupQuestion {
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  /** In start order. */
  readonly children: readonly Significance[];
  readonly exited: string;
  /** What the child's own policy says. */
  readonly decision: 'restart' | 'stop' | 'giveUp';
  /** Whether the supervisor's own budget is used up. */
  readonly exhausted: boolean;
}

/** Decides what the end of a child means for its siblings. */
export function decideForGroup(question: GroupQuestion): GroupDecision {
  const { strategy, autoShutdown, children, exited, decision, exhausted } = question;
  if (decision === 'stop')
    return shutsDown(autoShutdown, children, exited) ? { action: 'shutDown' } : { action: 'childOnly' };
  if (decision === 'giveUp')
    return strategy === 'one-for-one' ? { action: 'childOnly' } : { action: 'giveUp', why: 'childGaveUp' };
  if (exhausted) return { action: 'giveUp', why: 'exhausted' };
  if (strategy === 'one-for-one') return { action: 'childOnly' };
  const ids = children.map(({ id }) => id);
  return { action: 'restartGroup', affected: affectedBy(strategy, ids, exited) };
}
