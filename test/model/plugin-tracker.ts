import type { PluginState, SupervisionPolicy } from '../../src/model/index.js';
import { stopsWithinMs } from '../../src/policy/index.js';
import type { SpecifiedPlugin } from './tree-spec.js';
import { stateOf, statusOf, type PluginRef } from './tree.js';

/** What a run tracks about one plugin, to check the tree against the commands. */
export interface PluginTracker extends Omit<SpecifiedPlugin, 'policy'> {
  policy: SupervisionPolicy;
  readonly ref: PluginRef;
  state: PluginState;
  /** Since when it is not wanted; `null`: it is. Time lost to a stall does not count. */
  unwantedSince: number | null;
  /** Whether an operator wants it, and nothing has stopped it since. */
  requested: boolean;
  /** Whether it, or a plugin that it requires, was deactivated. */
  stopRequested: boolean;
  /** Whether a command is under way that wants it, and may take it down first. */
  isCommanded: boolean;
  /** Whether one more start was requested than it has had. */
  mayStart: boolean;
  /** Its own policy has stopped it. */
  mustStayStopped: boolean;
  /** Its process was, or was to be, a running one that was found. */
  isAttached: boolean;
  /** What it requires did not start. */
  isRejected: boolean;
  /** Its group shut itself down. */
  isShutDown: boolean;
  /** The plugins that must not be healthy now, as they require it and it is being deactivated. */
  mustStopBefore: readonly string[];
  /** Whether this generation was started by a start slot. */
  isByStartSlot: boolean;
  /** The failures that it was restarted after, since its history was emptied. */
  restarts: number[];
  /** The last failure, until it is known what followed. */
  failedAt: number | null;
  /** For each group that has brought it down: the generation that must be gone before that group starts again. */
  readonly stoppingGenerations: Map<string, number>;
  generation: number;
  maxStopMs: number;
  readonly close: () => void;
}

/** `moved` is called with the state before, each time that the state has changed. */
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

/** Some plugins stop being wanted by the rules of the tree. */
function noteWanted(tracker: PluginTracker, now: number): void {
  const { wanted, error } = statusOf(tracker.ref);
  if (!wanted && error?.code === 'REQUIREMENT_UNMET') tracker.isRejected = true;
  // One that detaches a running process and is to be started instead is still wanted.
  const isExchanged = tracker.isAttached && tracker.requested && tracker.mayStart;
  if (!wanted && !tracker.isCommanded && !isExchanged) tracker.unwantedSince ??= now;
}

/** The time, in milliseconds, within which a plugin that is not wanted has no process. */
export function maxStopMsOf({ deadlines }: SupervisionPolicy): number {
  return Math.max(stopsWithinMs(deadlines), stopsWithinMs(deadlines, true));
}
