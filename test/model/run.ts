import type { SupervisorSpec } from '../../src/model/index.js';
import type { AnyPretendedEffect } from '../../src/testing/index.js';
import type { GroupLedger } from './group-ledger.js';
import type { Ledger } from './ledger.js';
import type { Sequence } from './operations.js';
import type { Tree } from './tree.js';

/** How often each state was come to, and each operation done: a run that reaches nothing proves nothing. */
export type Tally = Record<string, number>;

/** One sequence under way. */
export interface Run {
  readonly tree: Tree;
  readonly sequence: Sequence;
  readonly specs: readonly SupervisorSpec[];
  readonly ledgers: Map<string, Ledger>;
  readonly groups: Map<string, GroupLedger>;
  /** Generations used up by plugins that were removed. */
  readonly generations: Map<string, number>;
  /** Processes that were started and have not ended. */
  readonly running: WeakSet<AnyPretendedEffect>;
  /** When the environment was told to stop, without moments lost to a stall. */
  stopping: number | null;
  /** The first sentence that turned out not to be true in the midst of a step. */
  broken: string | null;
  readonly tally: Tally;
}

export function count({ tally }: Pick<Run, 'tally'>, what: string): void {
  tally[what] = (tally[what] ?? 0) + 1;
}

/** Notes that something is not true, to be told when the step is over: nothing may be thrown into an actor. */
export function object(run: Run, sentence: string): void {
  run.broken ??= `not true that ${sentence}`;
}
