import type { PluginState, SupervisionPolicy } from '../../src/model/index.js';
import { stopsWithinMs } from '../../src/policy/index.js';
import type { SpecifiedPlugin } from './tree-spec.js';
import { stateOf, statusOf, type PluginRef } from './tree.js';

/** What a run remembers of one plugin, to hold what the tree does against what it was asked. */
export interface PluginTracker extends Omit<SpecifiedPlugin, 'policy'> {
  policy: SupervisionPolicy;
  readonly ref: PluginRef;
  state: PluginState;
  /** Since when nobody has wanted it; `null` while somebody does. Moments lost to a stall do not count. */
  unwantedSince: number | null;
  /** Whether an operator wants it, and nothing has happened that lets it rest. */
  requested: boolean;
  /** Whether the desk was asked to bring it down, or one that it requires. */
  stopRequested: boolean;
  /** Whether a command is under way that wants it, and may take it down first. */
  isCommanded: boolean;
  /** Whether somebody wants one more start of it than it has had. */
  mayStart: boolean;
  /** Its own policy has said that it rests. */
  mustStayStopped: boolean;
  /** Its process was, or was to be, a running one that was found. */
  isAttached: boolean;
  /** What it requires did not come up. */
  isRejected: boolean;
  /** Its group shut itself down. */
  isShutDown: boolean;
  /** Those that must not be healthy now, as they require it and it is being brought down for good. */
  mustStopBefore: readonly string[];
  /** Whether a turn of the desk started this generation. */
  isByStartSlot: boolean;
  /** The failures of its own that it was restarted after, since they were last forgotten. */
  restarts: number[];
  /** The last failure, until it is known what followed. */
  failedAt: number | null;
  /** For each group that has brought it down: the generation that must be gone before that group starts again. */
  readonly stoppingGenerations: Map<string, number>;
  generation: number;
  maxStopMs: number;
  readonly close: () => void;
}

/** `moved` is told what the state was before, each time that it has changed. */
export function trackPlugin(
  { policy, ...plugin }: SpecifiedPlugin,
  ref: PluginRef,
  now: () => number,
  onStateChange: (tracker: PluginTracker, before: PluginState) => void,
): PluginTracker {
  const subscription = ref.subscribe(() => {
    const state = stateOf(ref);
    noteWanted(tracker, now());
    if (state === tracker.state) return;
    const before = tracker.state;
    tracker.state = state;
    onStateChange(tracker, before);
  });
  const tracker: PluginTracker = {
    ...plugin,
    policy,
    ref,
    state: stateOf(ref),
    unwantedSince: now(),
    requested: false,
    stopRequested: false,
    isCommanded: false,
    mayStart: false,
    mustStayStopped: false,
    isAttached: false,
    isShutDown: false,
    isRejected: false,
    mustStopBefore: [],
    isByStartSlot: false,
    restarts: [],
    failedAt: null,
    stoppingGenerations: new Map(),
    generation: 0,
    maxStopMs: maxStopMsOf(policy),
    close: () => {
      subscription.unsubscribe();
    },
  };
  return tracker;
}

/** The tree itself lets go of some, as its rules say; from then on nobody wants them. */
function noteWanted(tracker: PluginTracker, now: number): void {
  const { wanted, error } = statusOf(tracker.ref);
  if (!wanted && error?.code === 'REQUIREMENT_UNMET') tracker.isRejected = true;
  // One that lets go of a running process, and is to be started instead, is still wanted.
  const isExchanged = tracker.isAttached && tracker.requested && tracker.mayStart;
  if (!wanted && !tracker.isCommanded && !isExchanged) tracker.unwantedSince ??= now;
}

/** Within this time after nobody wanted it any more, a plugin has no process. */
export function maxStopMsOf({ deadlines }: SupervisionPolicy): number {
  return Math.max(stopsWithinMs(deadlines), stopsWithinMs(deadlines, true));
}
