import type { PluginState, SupervisorSpec } from '../../src/model/index.js';
import type { AnySimulatedEffect } from '../../src/testing/index.js';
import type { GroupTracker } from './group-tracker.js';
import type { PluginTracker } from './plugin-tracker.js';
import type { Sequence } from './operations.js';
import type { Tree } from './tree.js';

/** How often each state was come to, and each operation done: a run that reaches nothing proves nothing. */
export type Tally = Record<string, number>;

/** One sequence under way. */
export interface Run {
  readonly tree: Tree;
  readonly sequence: Sequence;
  readonly specs: readonly SupervisorSpec[];
  readonly plugins: Map<string, PluginTracker>;
  readonly groups: Map<string, GroupTracker>;
  /** Generations used up by plugins that were removed. */
  readonly generations: Map<string, number>;
  /** Processes that were started and have not ended. */
  readonly running: WeakSet<AnySimulatedEffect>;
  /** When the environment began to stop. Time lost to a stall does not count. */
  stopping: number | null;
  /** The first sentence that turned out not to be true in the midst of a step. */
  violation: string | null;
  readonly tally: Tally;
}

/** The states in which a process exists or is being made. Written out here, as the model must not share a mistake. */
export const statesWithProcess: readonly PluginState[] = ['spawning', 'handshaking', 'healthy', 'stopping'];

export function count({ tally }: Pick<Run, 'tally'>, what: string): void {
  tally[what] = (tally[what] ?? 0) + 1;
}

/** Records a violation, to be reported after the step: throwing here would fail an actor. */
export function recordViolation(run: Run, sentence: string): void {
  run.violation ??= `not true that ${sentence}`;
}
