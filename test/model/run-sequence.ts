import type { PluginState, ReattachConfig } from '../../src/model/index.js';
import { composePolicy } from '../../src/policy/index.js';
import { possibleEnds, possibleFacts, type AnyPretendedEffect } from '../../src/testing/index.js';
import { brokenInvariant } from './invariants.js';
import { openLedger, stopBudgetMs, type Ledger } from './ledger.js';
import type { Operation, Sequence } from './operations.js';
import { addition, growTree, stateOf, statusOf, type Tree } from './tree.js';

/** How often each state was come to, and each operation done: a run that reaches nothing proves nothing. */
export type Tally = Record<string, number>;

interface Run {
  readonly tree: Tree;
  readonly sequence: Sequence;
  readonly ledgers: Map<string, Ledger>;
  /** Generations used up by plugins that were removed. */
  readonly generations: Map<string, number>;
  /** Processes that were started and have not ended. */
  readonly running: WeakSet<AnyPretendedEffect>;
  /** When the environment was told to stop, without moments lost to a stall. */
  stopping: number | null;
  readonly tally: Tally;
}

/** A start, and an end, need so many facts one after the other. */
const factsOfAStart = 8;
/** More steps than that, and a tree over a world in which all goes well has not come to rest. */
const mostSteps = 500;

/** Runs one sequence over a tree of its own. Throws the sentence that is not true. */
export function runSequence(sequence: Sequence, tally: Tally = {}): void {
  const run: Run = {
    tree: growTree(sequence.random),
    sequence,
    ledgers: new Map(),
    generations: new Map(),
    running: new WeakSet(),
    stopping: null,
    tally,
  };
  sequence.plugins.forEach((_, index) => {
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

function count({ tally }: Run, what: string): void {
  tally[what] = (tally[what] ?? 0) + 1;
}

function complain(sentence: string): never {
  throw new Error(sentence);
}

function check(run: Run): void {
  const { tree, ledgers, stopping, sequence } = run;
  const status = tree.status();
  if (status === 'error') complain('not true that no supervisor breaks');
  if (status === 'done') {
    if (stopping === null) complain('not true that the tree ends only when it is told to');
    if (tree.world.all().length > 0) complain('not true that nothing works for a tree that has ended');
    return;
  }
  const budget = Math.max(...sequence.plugins.map((one) => stopBudgetMs(composePolicy(one))));
  if (stopping !== null && tree.clock.now() - stopping > budget)
    complain('not true that the tree has stopped once the stop budget has passed');
  for (const ledger of ledgers.values()) {
    const broken = brokenInvariant(ledger, tree.plugin(ledger.id), tree.world, tree.clock.now());
    if (broken !== null) complain(broken);
  }
}

function idOf({ sequence }: Run, plugin: number): string {
  return `plugin${plugin % sequence.plugins.length}`;
}

function add(run: Run, plugin: number): void {
  const { tree, ledgers, generations, sequence } = run;
  const id = idOf(run, plugin);
  if (ledgers.has(id) || run.stopping !== null) return;
  const policy = composePolicy(sequence.plugins[plugin % sequence.plugins.length]);
  tree.send(addition(id, policy, generations.get(id) ?? 0));
  const ref = tree.plugin(id) ?? complain(`not true that ${id} was added`);
  const seen = (state: PluginState): void => {
    count(run, `became ${state}`);
  };
  ledgers.set(
    id,
    openLedger(id, policy, ref, () => tree.clock.now(), seen),
  );
}

function perform(run: Run, operation: Operation): void {
  const { tree, ledgers } = run;
  switch (operation.do) {
    case 'activate':
    case 'restart':
      want(run, operation);
      return;
    case 'reattach':
      want(run, operation);
      return;
    case 'deactivate': {
      const ledger = ledgers.get(idOf(run, operation.plugin));
      tree.send({ type: 'environment.deactivate', plugin: idOf(run, operation.plugin) });
      if (ledger !== undefined) ledger.unwantedSince ??= tree.clock.now();
      return;
    }
    case 'check': {
      const ref = tree.plugin(idOf(run, operation.plugin));
      ref?.send({ type: 'plugin.check' });
      return;
    }
    case 'add':
      add(run, operation.plugin);
      return;
    case 'remove':
      remove(run, idOf(run, operation.plugin));
      return;
    case 'stop':
      stop(run);
      return;
    case 'go well':
      for (let time = 0; time < operation.times; time += 1) goWell(run);
      return;
    case 'say':
      say(run, operation);
      return;
    case 'exit': {
      const process = pick(runningProcesses(run), operation.which);
      if (process !== undefined) exit(run, process, operation.how);
      return;
    }
    case 'break':
      // Whose process effect broke has lost its process with it, and is told that it is lost.
      pick(
        tree.world.all().filter(({ name }) => name !== 'process'),
        operation.which,
      )?.break(new Error('a defect'));
      return;
    case 'pass':
      tree.clock.pass(operation.ms);
      return;
    case 'wait':
      for (let timer = 0; timer < operation.timers; timer += 1) passToNext(tree);
      return;
    case 'stall':
      stall(run, operation.ms);
      return;
    case 'sleep':
      tree.world.sleep(3_600_000);
      return;
    case 'keep busy':
      tree.world.keepBusy(10_000);
      return;
    case 'answer calls':
      tree.world.answerCall();
  }
}

function want(run: Run, operation: Extract<Operation, { do: 'activate' | 'restart' | 'reattach' }>): void {
  const { tree, ledgers, stopping } = run;
  const plugin = idOf(run, operation.plugin);
  const ledger = ledgers.get(plugin);
  if (operation.do === 'reattach')
    tree.send({ type: 'environment.reattach', plugin, config: reattach(operation) });
  else tree.send({ type: `environment.${operation.do}`, plugin });
  if (ledger === undefined || stopping !== null) return;
  ledger.unwantedSince = null;
  if (operation.do !== 'restart') ledger.restarts = [];
}

function reattach({ test, proven }: { readonly test: boolean; readonly proven: boolean }): ReattachConfig {
  return {
    protocol: 'grpc',
    protocolVersion: 1,
    addr: { network: 'unix', string: '/pretended' },
    pid: 4712,
    test,
    ...(proven && { startTime: '81234@boot' }),
  };
}

function remove({ tree, ledgers, generations, stopping }: Run, plugin: string): void {
  const ledger = ledgers.get(plugin);
  if (ledger === undefined || stopping !== null) return;
  ledger.close();
  generations.set(plugin, statusOf(ledger.ref).generation);
  ledgers.delete(plugin);
  tree.send({ type: 'bundle.removed', plugin });
  if (tree.world.all().some((effect) => effect.plugin === plugin))
    complain(`not true that nothing works for ${plugin}, which was removed`);
}

function stop(run: Run): void {
  const { tree, ledgers } = run;
  if (run.stopping !== null) return;
  run.stopping = tree.clock.now();
  for (const ledger of ledgers.values()) ledger.unwantedSince ??= run.stopping;
  tree.send({ type: 'environment.stop' });
}

function stall(run: Run, ms: number): void {
  run.tree.clock.stall(ms);
  if (run.stopping !== null) run.stopping += ms;
  for (const ledger of run.ledgers.values()) if (ledger.unwantedSince !== null) ledger.unwantedSince += ms;
}

function pick<Item>(items: readonly Item[], which: number): Item | undefined {
  return items[which % Math.max(1, items.length)];
}

function runningProcesses({ tree, running }: Run): AnyPretendedEffect[] {
  return tree.world.all().filter((effect) => running.has(effect));
}

function say(run: Run, { which, what }: { readonly which: number; readonly what: number }): void {
  const able = run.tree.world
    .all()
    .map((effect) => ({ effect, facts: possibleFacts(effect, run.running.has(effect)) }))
    .filter(({ facts }) => facts.length > 0);
  const found = pick(able, which);
  if (found !== undefined) tell(run, found.effect, pick(found.facts, what));
}

function tell(run: Run, effect: AnyPretendedEffect, fact: (() => object) | undefined): void {
  if (fact === undefined || !effect.isActive()) return;
  const said = fact() as { readonly type: string };
  if (said.type === 'process.started' || said.type === 'process.attached') run.running.add(effect);
  (effect.say as (fact: object) => void)('at' in said ? { ...said, at: run.tree.clock.now() } : said);
}

function exit(run: Run, process: AnyPretendedEffect, how: number): void {
  run.running.delete(process);
  const end = pick(possibleEnds, how);
  const at = run.tree.clock.now();
  (process.say as (fact: object) => void)({ type: 'process.exited', at, diagnosis: 'pretended', ...end });
}

/** Every effect says what it says when all goes well, and who is asked to end does. */
function goWell(run: Run): void {
  for (const effect of run.tree.world.all()) {
    if (!effect.isActive()) continue;
    if (run.running.has(effect) && isAskedToEnd(run, effect.plugin)) exit(run, effect, 0);
    else tell(run, effect, possibleFacts(effect, run.running.has(effect))[0]);
  }
}

function isAskedToEnd({ tree }: Run, plugin: string): boolean {
  return tree.world.isRunning('signal', plugin) || tree.world.isRunning('shutdown', plugin);
}

function passToNext({ clock }: Tree): boolean {
  const next = clock.next();
  if (next === null) return false;
  clock.pass(Math.max(0, next - clock.now()));
  return true;
}

/** Every start ends somewhere, once all goes well. */
function comeToRest(run: Run): void {
  for (let step = 0; step < mostSteps; step += 1) {
    for (let fact = 0; fact < factsOfAStart; fact += 1) goWell(run);
    check(run);
    if (run.tree.status() === 'done' || [...run.ledgers.values()].every(isAtRest)) return;
    passToNext(run.tree);
    check(run);
  }
  const where = [...run.ledgers.values()].map(
    ({ id, ref }) => `${id} ${JSON.stringify(ref.getSnapshot().value)}`,
  );
  complain(`not true that every start ends in healthy, failed or idle: ${where.join(', ')}`);
}

function isAtRest({ ref }: Ledger): boolean {
  const state = stateOf(ref);
  return ['idle', 'healthy', 'failed'].includes(state) || (state === 'crashed' && !statusOf(ref).wanted);
}

/** A stop comes to its end, with or without the help of the plugins. */
function end(run: Run): void {
  const { tree, sequence, ledgers } = run;
  const budget = Math.max(...sequence.plugins.map((one) => stopBudgetMs(composePolicy(one))));
  stop(run);
  for (let step = 0; step < mostSteps && sequence.endsWell && tree.status() === 'active'; step += 1) {
    goWell(run);
    check(run);
    if (!isQuiet(run)) passToNext(tree);
  }
  tree.clock.pass(budget + 1);
  check(run);
  if (tree.status() !== 'done') complain('not true that the tree has stopped');
  if (tree.clock.next() !== null) complain('not true that a tree that has ended leaves no timer');
  for (const ledger of ledgers.values()) ledger.close();
}

function isQuiet({ tree }: Run): boolean {
  return tree.status() !== 'active';
}
