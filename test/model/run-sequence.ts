import { violatedInvariant } from './plugin-invariants.js';
import { noteReport } from './group-tracker.js';
import type { PluginTracker } from './plugin-tracker.js';
import type { Sequence } from './operations.js';
import { add, advanceToNextTimer, perform, stop } from './perform-operation.js';
import { groupSpecsOf } from './tree-spec.js';
import { count, type Run, type Tally } from './run.js';
import { createTree, stateOf, statusOf } from './tree.js';
import { violatedTreeInvariant } from './tree-invariants.js';
import { respondWell } from './simulated-effects.js';

export type { Tally } from './run.js';

/** A start, and an end, need so many events one after the other, and the plugins of a group start one after the other. */
const eventsPerStart = 8;
/** The largest number of steps to a steady state, if all effects succeed. */
const maxSteps = 500;

/** Runs one sequence over a tree of its own. Throws the sentence that is not true. */
export function runSequence(sequence: Sequence, tally: Tally = {}): void {
  const run = createRun(sequence, tally);
  sequence.treeSpec.plugins.forEach((_, index) => {
    add(run, index);
  });
  for (const operation of sequence.operations) {
    count(run, operation.do);
    perform(run, operation);
    check(run);
  }
  runToSteadyState(run);
  stopTree(run);
}

function createRun(sequence: Sequence, tally: Tally): Run {
  const { treeSpec, random } = sequence;
  const specs = groupSpecsOf(treeSpec);
  const startConcurrency = treeSpec.startConcurrency ?? Infinity;
  const run: Run = {
    tree: createTree(random, { specs, startConcurrency }, (report) => {
      noteReport(run, report);
    }),
    sequence,
    specs,
    plugins: new Map(),
    groups: new Map(),
    generations: new Map(),
    running: new WeakSet(),
    stopping: null,
    violation: null,
    tally,
  };
  return run;
}

function fail(sentence: string): never {
  throw new Error(sentence);
}

function check(run: Run): void {
  const { tree, plugins, stopping, violation } = run;
  if (violation !== null) fail(violation);
  const status = tree.status();
  if (status === 'error') fail('not true that the environment never breaks');
  if (status === 'done') {
    if (stopping === null) fail('not true that the tree ends only when it is told to');
    if (tree.simulator.all().length > 0) fail('not true that nothing works for a tree that has ended');
    return;
  }
  if (stopping !== null && tree.clock.now() - stopping > maxStopMsOf(run))
    fail('not true that the tree has stopped once the stop budgets have passed');
  for (const tracker of plugins.values()) {
    const untrue = violatedInvariant(run, tracker);
    if (untrue !== null) fail(untrue);
  }
  const untrue = violatedTreeInvariant(run);
  if (untrue !== null) fail(untrue);
}

/** One plugin may have to wait for all others, one after the other. */
function maxStopMsOf({ plugins }: Run): number {
  return [...plugins.values()].reduce((sum, { maxStopMs }) => sum + maxStopMs, 0);
}

/** Once all effects succeed, every start ends, and each plugin that is wanted and was not given up is healthy. */
function runToSteadyState(run: Run): void {
  for (let step = 0; step < maxSteps; step += 1) {
    // No time passes before all effects have succeeded: otherwise the model would let deadlines pass by itself.
    const events = eventsPerStart * run.plugins.size;
    for (let event = 0; event < events && !isSteady(run); event += 1) respondWell(run);
    check(run);
    if (run.tree.status() === 'done' || isSteady(run)) return;
    advanceToNextTimer(run.tree);
    check(run);
  }
  const where = [
    ...[...run.plugins.values()].map(({ id, ref }) => `${id} ${JSON.stringify(ref.getSnapshot().value)}`),
    ...[...run.groups.values()].map(({ spec, state }) => `${spec.name} ${state}`),
  ];
  fail(`not true that every start ends in healthy, failed or idle: ${where.join(', ')}`);
}

function isSteady({ plugins, groups }: Run): boolean {
  return [...plugins.values()].every(isPluginSteady) && [...groups.values()].every(isGroupSteady);
}

function isPluginSteady({ ref }: PluginTracker): boolean {
  const { wanted } = statusOf(ref);
  return wanted ? ['healthy', 'failed'].includes(stateOf(ref)) : ['idle', 'crashed'].includes(stateOf(ref));
}

function isGroupSteady({ state }: { readonly state: string }): boolean {
  return state === 'running' || state === 'failed';
}

/** A stop comes to its end, with or without the help of the plugins. */
function stopTree(run: Run): void {
  const { tree, sequence, plugins, groups } = run;
  stop(run);
  for (let step = 0; step < maxSteps && sequence.stopsOnRequest && tree.status() === 'active'; step += 1) {
    respondWell(run);
    check(run);
    if (tree.status() === 'active') advanceToNextTimer(tree);
  }
  tree.clock.advance(maxStopMsOf(run) + 1);
  check(run);
  if (tree.status() !== 'done') fail('not true that the tree has stopped');
  if (tree.clock.nextAt() !== null) fail('not true that a tree that has ended leaves no timer');
  for (const tracker of [...plugins.values(), ...groups.values()]) tracker.close();
}
