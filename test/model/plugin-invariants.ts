import type { PluginStatus } from '../../src/model/index.js';
import { endedNormally } from '../../src/policy/index.js';
import { isLeftBehind } from './group-tracker.js';
import type { PluginTracker } from './plugin-tracker.js';
import { statesWithProcess, type Run } from './run.js';
import { statusOf, type PluginRef } from './tree.js';

export interface InvariantInput {
  readonly run: Run;
  readonly tracker: PluginTracker;
  readonly status: PluginStatus;
  /** The actor that the tree has for the plugin now. */
  readonly ref: PluginRef | undefined;
  readonly now: number;
}

/** The invariants of each plugin after each step. Each returns whether it holds. */
const invariants: Readonly<Record<string, (situation: InvariantInput) => boolean>> = {
  'its actor is the one that it was added with, and has not broken': ({ ref, tracker }) =>
    ref === tracker.ref && ref.getSnapshot().status === 'active',
  'there is at most one living generation': (situation) => processes(situation) <= 1,
  'there is a process exactly in the states that have one': (situation) =>
    (processes(situation) === 1) === statesWithProcess.includes(situation.status.state),
  'nothing works for a plugin that has no process': (situation) =>
    statesWithProcess.includes(situation.status.state) || working(situation) === 0,
  'a pid is told exactly while a process runs': ({ status: { state, pid } }) =>
    pid === null
      ? !['handshaking', 'healthy', 'stopping'].includes(state)
      : statesWithProcess.includes(state),
  'only a healthy plugin is ready': ({ status }) => !status.ready || status.state === 'healthy',
  'a plugin that waits is wanted': ({ status }) =>
    !['restarting', 'pending'].includes(status.state) || status.wanted,
  'a plugin that waits for others says for whom': ({ status, tracker }) => {
    if (status.state !== 'pending') return true;
    return /^(startSlot\.awaited|(requirement|sibling|supervisor)\.\S+ ?\S*)$/.test(
      tracker.ref.getSnapshot().context.because,
    );
  },
  'a plugin that rests is not wanted': ({ status }) => status.state !== 'idle' || !status.wanted,
  'a time for the next try is told exactly where the plugin itself knows it': ({ status, tracker }) => {
    const { state, retryAt } = status;
    const isOwnPause = state === 'restarting' && tracker.ref.getSnapshot().context.suspended === null;
    return (retryAt !== null) === isOwnPause || state === 'failed';
  },
  'generations only grow': ({ status, tracker }) => status.generation >= tracker.generation,
  'who is not wanted has no process once the stop budget has passed': (situation) => {
    const { tracker, now, run } = situation;
    if (tracker.unwantedSince === null) return true;
    const others = [...run.plugins.values()].filter(
      ({ stopRequested }) => stopRequested && tracker.stopRequested,
    );
    const budgetMs = others
      .filter(({ id }) => id !== tracker.id)
      .reduce((sum, other) => sum + other.maxStopMs, tracker.maxStopMs);
    return now - tracker.unwantedSince <= budgetMs || processes(situation) === 0;
  },
  'no window holds more restarts than the policy allows': ({ tracker }) => {
    const { intensity, periodMs } = tracker.policy.restart;
    const last = tracker.restarts.at(-1) ?? 0;
    const counted = tracker.restarts.filter((at) => last - at <= (periodMs ?? Infinity));
    return counted.length <= (intensity ?? Infinity);
  },
  'whoever an operator wants is wanted, or was let go of for a reason': ({ tracker, status }) => {
    if (!tracker.requested || status.wanted) return true;
    tracker.requested = false;
    return mayStayStopped(tracker, status);
  },
  'what requires a plugin is not healthy while that one is brought down for good': ({
    tracker,
    run,
    status,
  }) =>
    status.state !== 'stopping' ||
    status.wanted ||
    tracker.mustStopBefore.every((id) => run.plugins.get(id)?.state !== 'healthy'),
  'nobody is left from before, once the group of a exited one pauses or starts': ({ run, tracker }) =>
    !isLeftBehind(run, tracker),
};

/** The first invariant that a plugin breaks, or `null`. */
export function violatedInvariant(run: Run, tracker: PluginTracker): string | null {
  const { tree } = run;
  const status = statusOf(tracker.ref);
  const input = { run, tracker, ref: tree.plugin(tracker.id), now: tree.clock.now(), status };
  for (const [sentence, holds] of Object.entries(invariants)) {
    if (!holds(input))
      return `${tracker.id}: not true that ${sentence} (${JSON.stringify(tracker.ref.getSnapshot().value)})`;
  }
  tracker.generation = status.generation;
  return null;
}

/** Whether a rule lets the tree itself end what an operator wished. */
function mayStayStopped(tracker: PluginTracker, { lastExit }: PluginStatus): boolean {
  const { policy, isShutDown, isAttached, isRejected } = tracker;
  const { restart } = policy.restart;
  const isTransient = restart === 'transient' && lastExit !== null && endedNormally(lastExit);
  return restart === 'temporary' || isTransient || isShutDown || isAttached || isRejected;
}

function processes({ run, tracker }: InvariantInput): number {
  return run.tree.simulator.all().filter(({ name, plugin }) => name === 'process' && plugin === tracker.id)
    .length;
}

function working({ run, tracker }: InvariantInput): number {
  return run.tree.simulator.all().filter(({ plugin }) => plugin === tracker.id).length;
}
