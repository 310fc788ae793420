import { brokenInvariant } from './invariants.js';
import { noteReport } from './group-ledger.js';
import type { Ledger } from './ledger.js';
import type { Sequence } from './operations.js';
import { add, passToNext, perform, stop } from './perform.js';
import { specsOf } from './planting.js';
import { count, type Run, type Tally } from './run.js';
import { growTree, stateOf, statusOf } from './tree.js';
import { brokenTreeInvariant } from './tree-invariants.js';
import { goWell } from './world.js';

export type { Tally } from './run.js';

/** A start, and an end, need so many facts one after the other. */
const factsOfAStart = 8;
/** More steps than that, and a tree over a world in which all goes well has not come to rest. */
const mostSteps = 500;

/** Runs one sequence over a tree of its own. Throws the sentence that is not true. */
export function runSequence(sequence: Sequence, tally: Tally = {}): void {
  const run = begin(sequence, tally);
  sequence.planting.plugins.forEach((_, index) => {
    add(run, index);
  });
  for (const operation of sequence.operations) {
    count(run, operation.do);
    perform(run, operation);
    check(run);
  }
  comeToRest(run);
  end(run);
}

function begin(sequence: Sequence, tally: Tally): Run {
  const { planting, random } = sequence;
  const specs = specsOf(planting);
  const startConcurrency = planting.startConcurrency ?? Infinity;
  const run: Run = {
    tree: growTree(random, { specs, startConcurrency }, (report) => {
      noteReport(run, report);
    }),
    sequence,
    specs,
    ledgers: new Map(),
    groups: new Map(),
    generations: new Map(),
    running: new WeakSet(),
    stopping: null,
    broken: null,
    tally,
  };
  return run;
}

function complain(sentence: string): never {
  throw new Error(sentence);
}

function check(run: Run): void {
  const { tree, ledgers, stopping, broken } = run;
  if (broken !== null) complain(broken);
  const status = tree.status();
  if (status === 'error') complain('not true that the environment never breaks');
  if (status === 'done') {
    if (stopping === null) complain('not true that the tree ends only when it is told to');
    if (tree.world.all().length > 0) complain('not true that nothing works for a tree that has ended');
    return;
  }
  if (stopping !== null && tree.clock.now() - stopping > stopBudgetMs(run))
    complain('not true that the tree has stopped once the stop budgets have passed');
  for (const ledger of ledgers.values()) {
    const untrue = brokenInvariant(run, ledger);
    if (untrue !== null) complain(untrue);
  }
  const untrue = brokenTreeInvariant(run);
  if (untrue !== null) complain(untrue);
}

/** One plugin may have to wait for all others, one after the other. */
function stopBudgetMs({ ledgers }: Run): number {
  return [...ledgers.values()].reduce((sum, { budgetMs }) => sum + budgetMs, 0);
}

/** Once all goes well, every start ends somewhere, and whoever is wanted and was not given up serves. */
function comeToRest(run: Run): void {
  for (let step = 0; step < mostSteps; step += 1) {
    for (let fact = 0; fact < factsOfAStart; fact += 1) goWell(run);
    check(run);
    if (run.tree.status() === 'done') return;
    if ([...run.ledgers.values()].every(isAtRest) && [...run.groups.values()].every(isAtEase)) return;
    passToNext(run.tree);
    check(run);
  }
  const where = [
    ...[...run.ledgers.values()].map(({ id, ref }) => `${id} ${JSON.stringify(ref.getSnapshot().value)}`),
    ...[...run.groups.values()].map(({ spec, state }) => `${spec.name} ${state}`),
  ];
  complain(`not true that every start ends in healthy, failed or idle: ${where.join(', ')}`);
}

function isAtRest({ ref }: Ledger): boolean {
  const { wanted } = statusOf(ref);
  return wanted ? ['healthy', 'failed'].includes(stateOf(ref)) : ['idle', 'crashed'].includes(stateOf(ref));
}

function isAtEase({ state }: { readonly state: string }): boolean {
  return state === 'steady' || state === 'failed';
}

/** A stop comes to its end, with or without the help of the plugins. */
function end(run: Run): void {
  const { tree, sequence, ledgers, groups } = run;
  stop(run);
  for (let step = 0; step < mostSteps && sequence.endsWell && tree.status() === 'active'; step += 1) {
    goWell(run);
    check(run);
    if (tree.status() === 'active') passToNext(tree);
  }
  tree.clock.pass(stopBudgetMs(run) + 1);
  check(run);
  if (tree.status() !== 'done') complain('not true that the tree has stopped');
  if (tree.clock.next() !== null) complain('not true that a tree that has ended leaves no timer');
  for (const ledger of [...ledgers.values(), ...groups.values()]) ledger.close();
}
