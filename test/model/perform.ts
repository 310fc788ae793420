import type { ReattachConfig } from '../../src/model/index.js';
import { composePolicy } from '../../src/policy/index.js';
import { openGroups } from './group-ledger.js';
import { openLedger, stopBudgetMs, type Ledger } from './ledger.js';
import { noteMove } from './moves.js';
import type { Operation } from './operations.js';
import { idOf, planted } from './planting.js';
import { dependentsOf, groupsAbove, needsOf } from './relations.js';
import { object, type Run } from './run.js';
import { addition, statusOf, type Tree } from './tree.js';
import { exit, goWell, pick, runningProcesses, say } from './world.js';

/** Does one operation to the real tree, and notes in the ledgers what was asked of it. */
export function perform(run: Run, operation: Operation): void {
  const { tree } = run;
  switch (operation.do) {
    case 'activate':
    case 'restart':
    case 'reattach':
      want(run, operation);
      return;
    case 'activate all':
      wantAll(run);
      return;
    case 'deactivate':
      dismiss(run, chosen(run, operation.plugin));
      return;
    case 'check':
      tree.plugin(chosen(run, operation.plugin))?.send({ type: 'plugin.check' });
      return;
    case 'set policy':
      setPolicy(run, operation);
      return;
    case 'add':
      add(run, operation.plugin % run.sequence.planting.plugins.length);
      return;
    case 'remove':
      remove(run, chosen(run, operation.plugin));
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

export function add(run: Run, plugin: number): void {
  const { tree, ledgers, generations, sequence } = run;
  const one = planted(sequence.planting, plugin);
  const { id } = one;
  if (ledgers.has(id) || run.stopping !== null) return;
  tree.send(addition(one, generations.get(id) ?? 0));
  openGroups(run);
  const ref = tree.plugin(id);
  if (ref === undefined) {
    object(run, `${id} was added`);
    return;
  }
  const moved = (ledger: Ledger, before: Ledger['state']): void => {
    noteMove(run, ledger, before);
  };
  ledgers.set(
    id,
    openLedger(one, ref, () => tree.clock.now(), moved),
  );
}

function chosen({ sequence }: Run, plugin: number): string {
  return idOf(plugin % sequence.planting.plugins.length);
}

function want(run: Run, operation: Extract<Operation, { do: 'activate' | 'restart' | 'reattach' }>): void {
  const { tree, ledgers, stopping } = run;
  const plugin = chosen(run, operation.plugin);
  const ledger = ledgers.get(plugin);
  if (operation.do === 'reattach') {
    reattach(run, plugin, operation);
    return;
  }
  const needs = needsOf(ledgers, plugin);
  // The environment has refused it before the desk is asked.
  if (ledger !== undefined && needs === null) return;
  const command = { type: `environment.${operation.do}`, plugin } as const;
  if (ledger === undefined || stopping !== null) {
    tree.send(command);
    return;
  }
  const asleep = [...(needs ?? [])].flatMap((id) => ledgers.get(id) ?? []).filter(isAsleep);
  for (const one of [ledger, ...asleep]) permit(run, one, operation.do === 'restart' && one === ledger);
  for (const need of needs ?? []) {
    const one = ledgers.get(need);
    if (one !== undefined) one.dismissed = false;
  }
  tree.send(command);
  for (const one of [ledger, ...asleep]) one.isCommanded = false;
}

function wantAll(run: Run): void {
  const { tree, ledgers, stopping } = run;
  const asleep = [...ledgers.values()].filter((one) => needsOf(ledgers, one.id) !== null && isAsleep(one));
  if (stopping === null) {
    for (const one of asleep) permit(run, one, false);
    for (const one of ledgers.values()) one.dismissed = false;
  }
  tree.send({ type: 'environment.activateAll' });
  for (const one of asleep) one.isCommanded = false;
}

/** Whether the desk takes it for one that does not come up by itself. */
function isAsleep({ ref, dismissed }: Ledger): boolean {
  const { wanted, state } = statusOf(ref);
  return dismissed || !wanted || state === 'failed';
}

/** From now on it is wanted, and may be started once more. A restart alone does not forget its failures. */
function permit(run: Run, ledger: Ledger, isRestart: boolean): void {
  const { wanted } = statusOf(ledger.ref);
  const isUp = wanted && ['spawning', 'handshaking', 'healthy'].includes(ledger.state);
  ledger.isCommanded = true;
  ledger.unwantedSince = null;
  ledger.wished = true;
  ledger.dismissed = false;
  ledger.isRefused = false;
  // A group above that is on its way down takes it with it.
  const [, ...above] = groupsAbove(run.specs, ledger.group);
  const isSinking = above.some((name) => run.groups.get(name)?.state === 'gathering');
  // Nothing is asked of one that serves already.
  ledger.isShutDown = isSinking || (ledger.isShutDown && isUp && !isRestart);
  ledger.notBeside = [];
  if (isRestart || !isUp) ledger.mayStart = true;
  if (isRestart) return;
  ledger.restarts = [];
  ledger.fellAt = null;
}

/** A running process is taken up whatever the plugin requires, unless it has one or is to come down. */
function reattach(run: Run, plugin: string, operation: Extract<Operation, { do: 'reattach' }>): void {
  const { tree, ledgers, stopping } = run;
  const ledger = ledgers.get(plugin);
  if (ledger !== undefined && stopping === null) {
    ledger.unwantedSince = null;
    ledger.mayStart = true;
    ledger.restarts = [];
    for (const other of ledgers.values()) other.notBeside = other.notBeside.filter((id) => id !== plugin);
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
    addr: { network: 'unix', string: '/pretended' },
    pid: 4712,
    test,
    ...(proven && { startTime: '81234@boot' }),
  };
}

function dismiss(run: Run, plugin: string): void {
  const { tree, ledgers } = run;
  for (const id of [plugin, ...dependentsOf(ledgers, plugin)]) {
    const ledger = ledgers.get(id);
    if (ledger === undefined) continue;
    ledger.unwantedSince ??= tree.clock.now();
    ledger.dismissed = true;
    ledger.wished = false;
    ledger.mayStart = false;
  }
  tree.send({ type: 'environment.deactivate', plugin });
}

function setPolicy(run: Run, operation: Extract<Operation, { do: 'set policy' }>): void {
  const plugin = chosen(run, operation.plugin);
  const policy = composePolicy(operation.supervision);
  const ledger = run.ledgers.get(plugin);
  if (ledger !== undefined && run.stopping === null) {
    ledger.policy = policy;
    ledger.budgetMs = Math.max(ledger.budgetMs, stopBudgetMs(policy));
    ledger.restarts = [];
    ledger.fellAt = null;
    // What was decided under the old one is still done.
    ledger.mustRest = false;
    ledger.mayStart = true;
  }
  run.tree.send({ type: 'environment.setPolicy', plugin, policy });
}

function remove(run: Run, plugin: string): void {
  const { tree, ledgers, generations, stopping } = run;
  const ledger = ledgers.get(plugin);
  if (ledger === undefined || stopping !== null) return;
  ledger.close();
  generations.set(plugin, statusOf(ledger.ref).generation);
  ledgers.delete(plugin);
  tree.send({ type: 'bundle.removed', plugin });
  if (tree.world.all().some((effect) => effect.plugin === plugin))
    object(run, `nothing works for ${plugin}, which was removed`);
}

export function stop(run: Run): void {
  const { tree, ledgers } = run;
  if (run.stopping !== null) return;
  run.stopping = tree.clock.now();
  for (const ledger of ledgers.values()) {
    ledger.unwantedSince ??= run.stopping;
    ledger.dismissed = true;
    ledger.wished = false;
  }
  tree.send({ type: 'environment.stop' });
}

function stall(run: Run, ms: number): void {
  run.tree.clock.stall(ms);
  if (run.stopping !== null) run.stopping += ms;
  for (const ledger of run.ledgers.values()) if (ledger.unwantedSince !== null) ledger.unwantedSince += ms;
}

export function passToNext({ clock }: Tree): boolean {
  const next = clock.next();
  if (next === null) return false;
  clock.pass(Math.max(0, next - clock.now()));
  return true;
}
