import { supervisorState } from '../../src/machines/index.js';
import type { SupervisorReport, SupervisorSpec, SupervisorStatus } from '../../src/model/index.js';
import type { PluginTracker } from './plugin-tracker.js';
import { childWithin } from './relations.js';
import { count, recordViolation, statesWithProcess, type Run } from './run.js';
import { stateOf } from './tree.js';

/** What a run tracks about one supervisor. */
export interface GroupTracker {
  readonly spec: SupervisorSpec;
  state: string;
  /** The moments of its group restarts, since its history was emptied. */
  restarts: number[];
  /** The children that have ended since it was last at ease. */
  readonly exited: Set<string>;
  readonly close: () => void;
}

/** Begins to watch every supervisor that has come into being. */
export function trackGroups(run: Run): void {
  for (const spec of run.specs) {
    const ref = run.tree.supervisor(spec.name);
    if (ref === undefined || run.groups.has(spec.name)) continue;
    const stateNow = () => supervisorState((ref.getSnapshot() as { readonly value: unknown }).value);
    const subscription = ref.subscribe(() => {
      const before = tracker.state;
      tracker.state = stateNow();
      if (before !== tracker.state) noteGroupMove(run, tracker, before);
    });
    const tracker: GroupTracker = {
      spec,
      state: stateNow(),
      restarts: [],
      exited: new Set(),
      close: () => {
        subscription.unsubscribe();
      },
    };
    run.groups.set(spec.name, tracker);
  }
}

function noteGroupMove(run: Run, tracker: GroupTracker, before: string): void {
  const { spec, state } = tracker;
  count(run, `group became ${state}`);
  const isRestarted = before === 'escalating' && state === 'backingOff';
  if (isRestarted && spec.parent !== null) {
    const parent = run.groups.get(spec.parent);
    // Under the other strategies its parent reports that restart.
    if (parent?.spec.strategy === 'one-for-one') noteGroupRestart(run, parent);
  }
  const isRetried = before === 'failed' && isBecause(run, spec.name, 'supervisor.retried');
  if (isRestarted || (before === 'suspended' && state === 'startingChildren') || isRetried)
    forgetRestarts(run, tracker);
}

function isBecause({ tree }: Run, group: string, because: string): boolean {
  // A tree that has ended has no supervisors any more.
  const snapshot = tree.supervisor(group)?.getSnapshot() as
    { readonly context: { readonly because: string } } | undefined;
  return snapshot?.context.because === because;
}

/** A supervisor that its parent starts again has an empty history. */
function forgetRestarts(run: Run, tracker: GroupTracker): void {
  tracker.restarts = [];
  for (const plugin of run.plugins.values())
    if (plugin.group === tracker.spec.name) {
      plugin.restarts = [];
      plugin.failedAt = null;
    }
}

export function noteGroupRestart(run: Run, tracker: GroupTracker): void {
  const { spec, restarts } = tracker;
  const now = run.tree.clock.now();
  restarts.push(now);
  if (spec.intensity === null) return;
  // Its clock is paused during group restarts, so that restarts count for longer than the period.
  const counted = restarts.filter((at) => now - at <= spec.periodMs);
  if (counted.length > spec.intensity)
    recordViolation(run, `${spec.name} restarts no more than ${spec.intensity} times in its period`);
}

/** Checks the reports of a supervisor against its specification. */
export function noteReport(run: Run, report: SupervisorReport): void {
  const tracker = run.groups.get(report.supervisor);
  if (report.context === 'childBroke') recordViolation(run, 'no supervisor breaks');
  if (tracker === undefined) return;
  count(run, report.type);
  const { spec } = tracker;
  if (report.type === 'supervisor.restarting') {
    noteGroupRestart(run, tracker);
    tracker.exited.add(report.offender);
    const affected = expectedToStop(run, tracker, report.offender);
    const forgotten = affected.find((id) => !report.affected.includes(id));
    if (forgotten !== undefined)
      recordViolation(run, `${spec.name} under ${spec.strategy} leaves ${forgotten} as it is`);
    markStopping(run, spec.name, affected);
    return;
  }
  if (report.type === 'supervisor.gaveUp') {
    if (report.context === 'childTerminated' && tracker.restarts.length < (spec.intensity ?? Infinity))
      recordViolation(run, `${spec.name} gives up only when its budget is used up`);
    if (spec.parent !== null) run.groups.get(spec.parent)?.exited.add(spec.name);
  }
  const all = childrenOf(run, spec.name);
  markStopping(run, spec.name, all);
  if (report.type === 'supervisor.shutDown')
    for (const plugin of run.plugins.values())
      if (childWithin(run.specs, spec.name, plugin) !== null) plugin.isShutDown = true;
}

/** Who has to go down with one that is restarted, as the strategy has it. */
function expectedToStop(run: Run, { spec }: GroupTracker, offender: string): readonly string[] {
  const children = childrenOf(run, spec.name);
  if (spec.strategy === 'one-for-all') return children;
  return spec.strategy === 'rest-for-one' ? children.slice(children.indexOf(offender)) : [offender];
}

/** A group's children in start order. */
export function childrenOf(run: Run, group: string): readonly string[] {
  const found = subtree(run.tree.tree(), group);
  return (found?.children ?? []).map((child) => (child.kind === 'plugin' ? child.id : child.supervisor.name));
}

function subtree(status: SupervisorStatus, name: string): SupervisorStatus | null {
  if (status.name === name) return status;
  for (const child of status.children) {
    const found = child.kind === 'supervisor' ? subtree(child.supervisor, name) : null;
    if (found !== null) return found;
  }
  return null;
}

function markStopping(run: Run, group: string, children: readonly string[]): void {
  for (const plugin of run.plugins.values()) {
    const child = childWithin(run.specs, group, plugin);
    // The exit of a plugin that is stopping does not concern the group.
    const isComingDown = stateOf(plugin.ref) === 'stopping';
    if (child !== null && children.includes(child) && !isComingDown)
      plugin.stoppingGenerations.set(group, plugin.ref.getSnapshot().context.generation);
  }
}

const afterGroupStop = ['backingOff', 'startingChildren', 'suspended', 'escalating', 'failed'];

/** Whether it still has the process from before a group stop that has finished. */
export function isLeftBehind(run: Run, { ref, stoppingGenerations }: PluginTracker): boolean {
  const { generation } = ref.getSnapshot().context;
  if (!statesWithProcess.includes(stateOf(ref))) return false;
  return [...stoppingGenerations].some(
    ([group, before]) => before === generation && afterGroupStop.includes(run.groups.get(group)?.state ?? ''),
  );
}
