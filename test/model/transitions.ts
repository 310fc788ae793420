import type { PluginState } from '../../src/model/index.js';
import { endedNormally } from '../../src/policy/index.js';
import { childrenOf, noteGroupRestart } from './group-tracker.js';
import type { PluginTracker } from './plugin-tracker.js';
import { childWithin, dependentsOf, requirementsOf, startOrder } from './relations.js';
import { count, recordViolation, statesWithProcess, type Run } from './run.js';
import { stateOf, statusOf } from './tree.js';

/** The state of another plugin now: its tracker may not have been called yet. */
function stateNow({ plugins }: Run, id: string): PluginState | undefined {
  const ref = plugins.get(id)?.ref;
  return ref === undefined ? undefined : stateOf(ref);
}

/** Checks a change of state against the invariants. */
export function noteTransition(run: Run, tracker: PluginTracker, before: PluginState): void {
  count(run, `became ${tracker.state}`);
  switch (tracker.state) {
    case 'spawning':
      noteStart(run, tracker);
      return;
    case 'stopping':
      noteStop(run, tracker);
      return;
    case 'crashed':
      noteFailure(run, tracker);
      return;
    case 'pending':
      // A start slot comes with an empty history.
      tracker.restarts = [];
      tracker.failedAt = null;
      return;
    case 'idle':
    case 'failed':
      tracker.failedAt = null;
      return;
    case 'restarting':
      if (before === 'crashed' && tracker.ref.getSnapshot().context.suspended === null)
        noteOwnRestart(run, tracker);
      return;
    case 'handshaking':
    case 'healthy':
    case 'invalid':
  }
}

function noteStart(run: Run, tracker: PluginTracker): void {
  const { id, unwantedSince, mustStayStopped, mayStart } = tracker;
  if (unwantedSince !== null) recordViolation(run, `${id} is started only when somebody wants it`);
  if (mustStayStopped && !mayStart)
    recordViolation(run, `${id} is not started again by itself when its policy says so`);
  const { because } = tracker.ref.getSnapshot().context;
  tracker.isByStartSlot = because === 'plugin.activate';
  tracker.isAttached = because === 'plugin.reattach';
  if (tracker.isByStartSlot) noteStartSlot(run, tracker);
  if (tracker.failedAt !== null && !tracker.isByStartSlot && !tracker.isAttached)
    tracker.restarts.push(tracker.failedAt);
  tracker.failedAt = null;
  tracker.mayStart = false;
  tracker.mustStayStopped = tracker.policy.restart.restart === 'temporary';
  tracker.mustStopBefore = [];
}

/** The start scheduler starts no plugin before all that it requires, and not too many at a time. */
function noteStartSlot(run: Run, { id }: PluginTracker): void {
  const needs = requirementsOf(run.plugins, id);
  if (needs === null) recordViolation(run, `${id}, whose requirements cannot be met, is never started`);
  for (const need of needs ?? [])
    if (stateNow(run, need) !== 'healthy') recordViolation(run, `${id} is started after ${need} is healthy`);
  const starting = [...run.plugins.values()].filter(
    ({ isByStartSlot, ref }) => isByStartSlot && ['spawning', 'handshaking'].includes(stateOf(ref)),
  );
  if (starting.length > (run.sequence.treeSpec.startConcurrency ?? Infinity))
    recordViolation(run, `no more start at a time than may (${starting.map((one) => one.id).join(', ')})`);
}

/** The reasons of the start scheduler for a stop. */
const ofTheScheduler = /^(plugin\.deactivate|requirement\.deactivated .*|environment\.stopping)$/;

function noteStop(run: Run, tracker: PluginTracker): void {
  const { because, suspended, queued, ending } = tracker.ref.getSnapshot().context;
  if (ending?.cause === 'suspended') {
    // Otherwise an operator took it down, and its group lets it wait beside.
    if (suspended !== null && queued === null) noteGroupStop(run, tracker, suspended);
  } else if (ending?.cause === 'deactivated' && /^(sibling|supervisor)\./.test(because))
    noteGroupStop(run, tracker, because);
  else if (ending?.cause === 'deactivated' && tracker.stopRequested && ofTheScheduler.test(because))
    noteOrderlyStop(run, tracker);
}

/** The plugins that require it, and when the environment stops those that start after it, have no process any more. */
function noteOrderlyStop(run: Run, tracker: PluginTracker): void {
  count(run, 'orderly stop');
  // A running process may be taken up at any time, whatever becomes of others.
  tracker.mustStopBefore = dependentsOf(run.plugins, tracker.id).filter(
    (id) => run.plugins.get(id)?.isAttached !== true,
  );
  const after =
    run.stopping === null ? tracker.mustStopBefore : [...tracker.mustStopBefore, ...laterOf(run, tracker)];
  for (const id of after) {
    const state = stateNow(run, id);
    if (run.plugins.get(id)?.isAttached === true) continue;
    if (state !== undefined && statesWithProcess.includes(state))
      recordViolation(run, `${tracker.id} is brought down after ${id}, which is ${state}`);
  }
}

/** Those that come later in a group whose children need each other, its own or one above, and start later. */
function laterOf(run: Run, tracker: PluginTracker): readonly string[] {
  const order = startOrder(run.plugins);
  const starting = order.slice(order.indexOf(tracker.id) + 1);
  return run.specs
    .filter(({ strategy }) => strategy !== 'one-for-one')
    .flatMap(({ name }) => laterWithin(run, name, tracker))
    .filter((id) => starting.includes(id));
}

function laterWithin(run: Run, group: string, tracker: PluginTracker): readonly string[] {
  const child = childWithin(run.specs, group, tracker);
  if (child === null) return [];
  const children = childrenOf(run, group);
  const later = children.slice(children.indexOf(child) + 1);
  // What it requires never comes after it, wherever its group is put.
  const needs = requirementsOf(run.plugins, tracker.id);
  return [...run.plugins.values()]
    .filter((other) => later.includes(childWithin(run.specs, group, other) ?? '') && !needs?.has(other.id))
    .map(({ id }) => id);
}

/** A group stop goes in reverse start order, and affects only the children of the strategy. */
function noteGroupStop(run: Run, tracker: PluginTracker, because: string): void {
  count(run, 'stop with its group');
  const strategy = run.specs.find(({ name }) => name === tracker.group)?.strategy;
  const later =
    strategy === 'one-for-one'
      ? dependentsOf(run.plugins, tracker.id).filter((id) => run.plugins.get(id)?.group === tracker.group)
      : laterWithin(run, tracker.group, tracker);
  for (const id of later) {
    const state = stateNow(run, id);
    if (run.plugins.get(id)?.isAttached === true) continue;
    if (state !== undefined && statesWithProcess.includes(state))
      recordViolation(
        run,
        `${tracker.id} comes down after its sibling ${id}, which is ${state} (${because})`,
      );
  }
  const [reason, ended] = because.split(' ');
  if (reason === 'sibling.ended' && ended !== undefined && !isAffectedBy(run, tracker, ended))
    recordViolation(run, `${tracker.id} is left alone when ${ended} ends`);
}

/** Whether the exit of a plugin, or of another one in that group since, stops this plugin, too. */
function isAffectedBy(run: Run, tracker: PluginTracker, ended: string): boolean {
  const group = groupOfChild(run, ended);
  const known = group === undefined ? undefined : run.groups.get(group);
  // The plugin that has ended was removed meanwhile.
  if (group === undefined || known === undefined) return true;
  // Whom a removal has put elsewhere since was in reach when that was reported.
  if (tracker.stoppingGenerations.get(group) === tracker.ref.getSnapshot().context.generation) return true;
  const child = childWithin(run.specs, group, tracker);
  if (child === null || known.spec.strategy === 'one-for-one') return false;
  if (known.spec.strategy === 'one-for-all') return true;
  const children = childrenOf(run, group);
  // The last exit is reported after the stops that follow from it.
  const ending = children.filter((id) => stateNow(run, id) === 'crashed');
  return [...known.exited, ...ending].some((id) => children.indexOf(id) <= children.indexOf(child));
}

function groupOfChild(run: Run, child: string): string | undefined {
  return run.plugins.get(child)?.group ?? run.specs.find(({ name }) => name === child)?.parent ?? undefined;
}

function noteFailure(run: Run, tracker: PluginTracker): void {
  const { lastExit } = statusOf(tracker.ref);
  const { resetAfterMs, restart } = tracker.policy.restart;
  // A plugin that was healthy for long enough has an empty history, whatever is decided about this failure.
  if (resetAfterMs !== null && (lastExit?.healthyMs ?? 0) >= resetAfterMs) tracker.restarts = [];
  tracker.failedAt = run.tree.clock.now();
  if (restart === 'transient' && lastExit !== null && endedNormally(lastExit)) tracker.mustStayStopped = true;
  run.groups.get(tracker.group)?.exited.add(tracker.id);
}

/** Its supervisor restarts it alone. */
function noteOwnRestart(run: Run, tracker: PluginTracker): void {
  const group = run.groups.get(tracker.group);
  if (group !== undefined) noteGroupRestart(run, group);
}
