import type { AutoShutdown, Strategy } from '../../model/index.js';

/** The children that restart as a group when one of them has ended, itself included, in start order. */
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

/** A child of a supervisor, as far as auto-shutdown depends on it. */
export interface Significance {
  readonly id: string;
  readonly significant: boolean;
  /** Whether it runs or is going to run. */
  readonly isActive: boolean;
}

/** Whether a supervisor shuts down when a child has ended by itself and is not restarted. */
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

/**
 * What follows a group stop, once no affected child has a process: the children start again, wait for the parent of
 * their supervisor, are given up, or are no longer wanted.
 */
export type AfterGroupStop = 'restart' | 'suspend' | 'giveUp' | 'shutDown' | 'deactivate';

/** Whether children that are stopped as a group start again only when an operator activates them. */
export function isForGood(next: AfterGroupStop): boolean {
  return next === 'shutDown' || next === 'deactivate';
}

/** What a supervisor does when one of its children has ended. */
export type GroupDecision =
  /** Only the child itself is restarted, stopped or given up. */
  | { readonly action: 'childOnly' }
  /** The affected children are stopped and started as a group. */
  | { readonly action: 'restartGroup' }
  /** A group stop that is in progress takes in the children that this exit affects. */
  | { readonly action: 'extendGroupStop' }
  /** All children are stopped, and the parent decides. */
  | { readonly action: 'giveUp'; readonly why: 'childGaveUp' | 'exhausted' }
  /** All children are stopped, as the significant ones have ended. */
  | { readonly action: 'shutDown' };

/** What a decision for a group depends on. */
export interface GroupQuestion {
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  /** In start order. */
  readonly children: readonly Significance[];
  readonly exited: string;
  /** What the child's own policy decides. */
  readonly decision: 'restart' | 'stop' | 'giveUp';
  /** Whether one more restart would exceed the supervisor's restart intensity. */
  readonly exhausted: boolean;
  /** What follows the group stop that is in progress; `null`: none is. */
  readonly next: AfterGroupStop | null;
}

/** Decides what the exit of a child means for its siblings. */
export function decideForGroup(question: GroupQuestion): GroupDecision {
  const { strategy, autoShutdown, children, exited, decision, exhausted, next } = question;
  if (next !== null) return decideDuringGroupStop(next, decision, strategy);
  if (decision === 'stop')
    return shutsDown(autoShutdown, children, exited) ? { action: 'shutDown' } : { action: 'childOnly' };
  if (decision === 'giveUp')
    return strategy === 'one-for-one' ? { action: 'childOnly' } : { action: 'giveUp', why: 'childGaveUp' };
  if (exhausted) return { action: 'giveUp', why: 'exhausted' };
  if (strategy === 'one-for-one') return { action: 'childOnly' };
  return { action: 'restartGroup' };
}

/**
 * A group whose children were to start again gives up when the restart of one is given up. Under `one-for-one` the
 * siblings start again without it: its own restart intensity holds during a group restart, too.
 */
function decideDuringGroupStop(
  next: AfterGroupStop,
  decision: GroupQuestion['decision'],
  strategy: Strategy,
): GroupDecision {
  if (decision === 'stop' || (decision === 'giveUp' && isForGood(next))) return { action: 'childOnly' };
  if (decision === 'restart' || next !== 'restart') return { action: 'extendGroupStop' };
  return strategy === 'one-for-one' ? { action: 'childOnly' } : { action: 'giveUp', why: 'childGaveUp' };
}
