import type { ReattachConfig } from '../../src/model/index.js';
import { composePolicy } from '../../src/policy/index.js';
import { trackGroups } from './group-tracker.js';
import { trackPlugin, maxStopMsOf, type PluginTracker } from './plugin-tracker.js';
import { noteTransition } from './transitions.js';
import type { Operation } from './operations.js';
import { idOf, specifiedPlugin } from './tree-spec.js';
import { dependentsOf, groupsAbove, requirementsOf } from './relations.js';
import { recordViolation, type Run } from './run.js';
import { addEvent, statusOf, type Tree } from './tree.js';
import { endProcess, respondWell, pick, runningProcesses, respond } from './simulated-effects.js';

/** Performs one operation on the real tree, and records in the trackers what was requested. */
export function perform(run: Run, operation: Operation): void {
  const { tree } = run;
  switch (operation.do) {
    case 'activate':
    case 'restart':
    case 'reattach':
      activate(run, operation);
      return;
    case 'activate all':
      activateAll(run);
      return;
    case 'deactivate':
      deactivate(run, pluginIdOf(run, operation.plugin));
      return;
    case 'check':
      tree.send({ type: 'environment.check', plugin: pluginIdOf(run, operation.plugin) });
      return;
    case 'set policy':
      setPolicy(run, operation);
      return;
    case 'add':
      add(run, operation.plugin % run.sequence.treeSpec.plugins.length);
      return;
    case 'remove':
      remove(run, pluginIdOf(run, operation.plugin));
      return;
    case 'stop':
      stop(run);
      return;
    case 'respond well':
      for (let time = 0; time < operation.times; time += 1) respondWell(run);
      return;
    case 'respond':
      respond(run, operation);
      return;
    case 'exit': {
      const process = pick(runningProcesses(run), operation.which);
      if (process !== undefined) endProcess(run, process, operation.how);
      return;
    }
    case 'break':
      // A process effect that fails loses its process: that is another fault.
      pick(
        tree.simulator.all().filter(({ name }) => name !== 'process'),
        operation.which,
      )?.fail(new Error('a defect'));
      return;
    case 'pass':
      tree.clock.advance(operation.ms);
      return;
    case 'wait':
      for (let timer = 0; timer < operation.timers; timer += 1) advanceToNextTimer(tree);
      return;
    case 'stall':
      stall(run, operation.ms);
      return;
    case 'sleep':
      tree.simulator.sleep(3_600_000);
      return;
    case 'keep busy':
      tree.simulator.addBusyTime(10_000);
      return;
    case 'answer calls':
      tree.simulator.countAnsweredCall();
  }
}

export function add(run: Run, plugin: number): void {
  const { tree, plugins, generations, sequence } = run;
  const one = specifiedPlugin(sequence.treeSpec, plugin);
  const { id } = one;
  if (plugins.has(id) || run.stopping !== null) return;
  tree.send(addEvent(one, generations.get(id) ?? 0));
  trackGroups(run);
  const ref = tree.plugin(id);
  if (ref === undefined) {
    recordViolation(run, `${id} was added`);
    return;
  }
  const moved = (tracker: PluginTracker, before: PluginTracker['state']): void => {
    noteTransition(run, tracker, before);
  };
  plugins.set(
    id,
    trackPlugin(one, ref, () => tree.clock.now(), moved),
  );
}

function pluginIdOf({ sequence }: Run, plugin: number): string {
  return idOf(plugin % sequence.treeSpec.plugins.length);
}

function activate(
  run: Run,
  operation: Extract<Operation, { do: 'activate' | 'restart' | 'reattach' }>,
): void {
  const { tree, plugins, stopping } = run;
  const plugin = pluginIdOf(run, operation.plugin);
  const tracker = plugins.get(plugin);
  if (operation.do === 'reattach') {
    reattach(run, plugin, operation);
    return;
  }
  const needs = requirementsOf(plugins, plugin);
  // The environment refuses the call.
  if (tracker !== undefined && needs === null) return;
  const command = { type: `environment.${operation.do}`, plugin } as const;
  if (tracker === undefined || stopping !== null) {
    tree.send(command);
    return;
  }
  const asleep = [...(needs ?? [])].flatMap((id) => plugins.get(id) ?? []).filter(isStopped);
  for (const one of [tracker, ...asleep])
    expectStart(run, one, operation.do === 'restart' && one === tracker);
  for (const need of needs ?? []) {
    const one = plugins.get(need);
    if (one !== undefined) one.stopRequested = false;
  }
  tree.send(command);
  for (const one of [tracker, ...asleep]) one.isCommanded = false;
}

function activateAll(run: Run): void {
  const { tree, plugins, stopping } = run;
  const asleep = [...plugins.values()].filter(
    (one) => requirementsOf(plugins, one.id) !== null && isStopped(one),
  );
  if (stopping === null) {
    for (const one of asleep) expectStart(run, one, false);
    for (const one of plugins.values()) one.stopRequested = false;
  }
  tree.send({ type: 'environment.activateAll' });
  for (const one of asleep) one.isCommanded = false;
}

/** Whether the start scheduler starts it, as it does not start without a command. */
function isStopped({ ref, stopRequested }: PluginTracker): boolean {
  const { wanted, state } = statusOf(ref);
  return stopRequested || !wanted || state === 'failed';
}

/** From now on it is wanted, and may be started once more. A restart alone does not forget its failures. */
function expectStart(run: Run, tracker: PluginTracker, isRestart: boolean): void {
  const { wanted } = statusOf(tracker.ref);
  const isUp = wanted && ['spawning', 'handshaking', 'healthy'].includes(tracker.state);
  tracker.isCommanded = true;
  tracker.unwantedSince = null;
  tracker.requested = true;
  tracker.stopRequested = false;
  tracker.isRejected = false;
  // A group above that is being stopped stops it, too.
  const [, ...above] = groupsAbove(run.specs, tracker.group);
  const isGroupStopping = above.some((name) => run.groups.get(name)?.state === 'stoppingChildren');
  // An activation changes nothing for a plugin that serves.
  tracker.isShutDown = isGroupStopping || (tracker.isShutDown && isUp && !isRestart);
  tracker.mustStopBefore = [];
  if (isRestart || !isUp) tracker.mayStart = true;
  if (isRestart) return;
  tracker.restarts = [];
  tracker.failedAt = null;
}

/** A running process is reattached whatever the plugin requires, unless it has a process or is to be stopped. */
function reattach(run: Run, plugin: string, operation: Extract<Operation, { do: 'reattach' }>): void {
  const { tree, plugins, stopping } = run;
  const tracker = plugins.get(plugin);
  if (tracker !== undefined && stopping === null) {
    tracker.unwantedSince = null;
    tracker.mayStart = true;
    tracker.restarts = [];
    for (const other of plugins.values())
      other.mustStopBefore = other.mustStopBefore.filter((id) => id !== plugin);
  }
  tree.send({ type: 'environment.reattach', plugin, config: reattachConfig(operation) });
}

function reattachConfig({
  test,
  proven,
}: {
  readonly test: boolean;
  readonly proven: boolean;
}): ReattachConfig {
  return {
    protocol: 'grpc',
    protocolVersion: 1,
    addr: { network: 'unix', string: '/simulated' },
    pid: 4712,
    test,
    ...(proven && { startTime: '81234@boot' }),
  };
}

function deactivate(run: Run, plugin: string): void {
  const { tree, plugins } = run;
  for (const id of [plugin, ...dependentsOf(plugins, plugin)]) {
    const tracker = plugins.get(id);
    if (tracker === undefined) continue;
    tracker.unwantedSince ??= tree.clock.now();
    tracker.stopRequested = true;
    tracker.requested = false;
    tracker.mayStart = false;
  }
  tree.send({ type: 'environment.deactivate', plugin });
}

function setPolicy(run: Run, operation: Extract<Operation, { do: 'set policy' }>): void {
  const plugin = pluginIdOf(run, operation.plugin);
  const policy = composePolicy(operation.supervision);
  const tracker = run.plugins.get(plugin);
  if (tracker !== undefined && run.stopping === null) {
    tracker.policy = policy;
    tracker.maxStopMs = Math.max(tracker.maxStopMs, maxStopMsOf(policy));
    tracker.restarts = [];
    tracker.failedAt = null;
    // What was decided under the old one is still done.
    tracker.mustStayStopped = false;
    tracker.mayStart = true;
  }
  run.tree.send({ type: 'environment.setPolicy', plugin, policy });
}

function remove(run: Run, plugin: string): void {
  const { tree, plugins, generations, stopping } = run;
  const tracker = plugins.get(plugin);
  if (tracker === undefined || stopping !== null) return;
  tracker.close();
  generations.set(plugin, statusOf(tracker.ref).generation);
  plugins.delete(plugin);
  tree.send({ type: 'bundle.removed', plugin });
  if (tree.simulator.all().some((effect) => effect.plugin === plugin))
    recordViolation(run, `nothing works for ${plugin}, which was removed`);
}

export function stop(run: Run): void {
  const { tree, plugins } = run;
  if (run.stopping !== null) return;
  run.stopping = tree.clock.now();
  for (const tracker of plugins.values()) {
    tracker.unwantedSince ??= run.stopping;
    tracker.stopRequested = true;
    tracker.requested = false;
  }
  tree.send({ type: 'environment.stop' });
}

function stall(run: Run, ms: number): void {
  run.tree.clock.stall(ms);
  if (run.stopping !== null) run.stopping += ms;
  for (const tracker of run.plugins.values()) if (tracker.unwantedSince !== null) tracker.unwantedSince += ms;
}

export function advanceToNextTimer({ clock }: Tree): boolean {
  const next = clock.nextAt();
  if (next === null) return false;
  clock.advance(Math.max(0, next - clock.now()));
  return true;
}
