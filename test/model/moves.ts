import type { PluginState } from '../../src/model/index.js';
import { endedNormally } from '../../src/policy/index.js';
import { childrenOf, noteGroupRestart } from './group-ledger.js';
import type { Ledger } from './ledger.js';
import { childWithin, dependentsOf, needsOf, startOrder } from './relations.js';
import { count, object, type Run } from './run.js';
import { stateOf, statusOf } from './tree.js';
import { withProcess } from './with-process.js';

/** Others may have moved on already without having been heard of: whoever is told by an actor is told first. */
function stateNow({ ledgers }: Run, id: string): PluginState | undefined {
  const ref = ledgers.get(id)?.ref;
  return ref === undefined ? undefined : stateOf(ref);
}

/** A plugin has come to another state: what led there, and when, is held against the promises. */
export function noteMove(run: Run, ledger: Ledger, before: PluginState): void {
  count(run, `became ${ledger.state}`);
  switch (ledger.state) {
    case 'spawning':
      noteStart(run, ledger);
      return;
    case 'stopping':
      noteStop(run, ledger);
      return;
    case 'crashed':
      noteFailure(run, ledger);
      return;
    case 'waiting':
      // Its turn comes with a clean slate.
      ledger.restarts = [];
      ledger.fellAt = null;
      return;
    case 'idle':
    case 'failed':
      ledger.fellAt = null;
      return;
    case 'restarting':
      if (before === 'crashed' && ledger.ref.getSnapshot().context.hold === null) noteOwnRestart(run, ledger);
      return;
    case 'handshaking':
    case 'healthy':
    case 'invalid':
  }
}

function noteStart(run: Run, ledger: Ledger): void {
  const { id, unwantedSince, mustRest, mayStart } = ledger;
  if (unwantedSince !== null) object(run, `${id} is started only when somebody wants it`);
  if (mustRest && !mayStart) object(run, `${id} is not started again by itself when its policy says so`);
  const { because } = ledger.ref.getSnapshot().context;
  ledger.isByTurn = because === 'plugin.activate';
  ledger.isAttached = because === 'plugin.reattach';
  if (ledger.isByTurn) noteTurn(run, ledger);
  if (ledger.fellAt !== null && !ledger.isByTurn && !ledger.isAttached) ledger.restarts.push(ledger.fellAt);
  ledger.fellAt = null;
  ledger.mayStart = false;
  ledger.mustRest = ledger.policy.restart.restart === 'temporary';
  ledger.notBeside = [];
}

/** The desk starts nobody before all that it requires, and not too many at a time. */
function noteTurn(run: Run, { id }: Ledger): void {
  const needs = needsOf(run.ledgers, id);
  if (needs === null) object(run, `${id}, whose requirements cannot be met, is never started`);
  for (const need of needs ?? [])
    if (stateNow(run, need) !== 'healthy') object(run, `${id} is started after ${need} is healthy`);
  const rising = [...run.ledgers.values()].filter(
    ({ isByTurn, ref }) => isByTurn && ['spawning', 'handshaking'].includes(stateOf(ref)),
  );
  if (rising.length > (run.sequence.planting.startConcurrency ?? Infinity))
    object(run, `no more start at a time than may (${rising.map((one) => one.id).join(', ')})`);
}

/** What the desk itself says when it brings somebody down. */
const ofTheDesk = /^(plugin\.deactivate|requirement\.deactivated .*|environment\.stopping)$/;

function noteStop(run: Run, ledger: Ledger): void {
  const { because, hold, turn, ending } = ledger.ref.getSnapshot().context;
  if (ending?.cause === 'held') {
    // Otherwise an operator took it down, and its group lets it wait beside.
    if (hold !== null && turn === null) noteGroupStop(run, ledger, hold);
  } else if (ending?.cause === 'deactivated' && /^(sibling|supervisor)\./.test(because))
    noteGroupStop(run, ledger, because);
  else if (ending?.cause === 'deactivated' && ledger.dismissed && ofTheDesk.test(because))
    noteOrderlyStop(run, ledger);
}

/** Whoever requires it, and in a stop of everything whoever comes after it, has no process any more. */
function noteOrderlyStop(run: Run, ledger: Ledger): void {
  count(run, 'orderly stop');
  // A running process may be taken up at any time, whatever becomes of others.
  ledger.notBeside = dependentsOf(run.ledgers, ledger.id).filter(
    (id) => run.ledgers.get(id)?.isAttached !== true,
  );
  const after = run.stopping === null ? ledger.notBeside : [...ledger.notBeside, ...laterOf(run, ledger)];
  for (const id of after) {
    const state = stateNow(run, id);
    if (run.ledgers.get(id)?.isAttached === true) continue;
    if (state !== undefined && withProcess.includes(state))
      object(run, `${ledger.id} is brought down after ${id}, which is ${state}`);
  }
}

/** Those that come later in a group whose children need each other, its own or one above, and start later. */
function laterOf(run: Run, ledger: Ledger): readonly string[] {
  const order = startOrder(run.ledgers);
  const starting = order.slice(order.indexOf(ledger.id) + 1);
  return run.specs
    .filter(({ strategy }) => strategy !== 'one-for-one')
    .flatMap(({ name }) => laterWithin(run, name, ledger))
    .filter((id) => starting.includes(id));
}

function laterWithin(run: Run, group: string, ledger: Ledger): readonly string[] {
  const child = childWithin(run.specs, group, ledger);
  if (child === null) return [];
  const children = childrenOf(run, group);
  const later = children.slice(children.indexOf(child) + 1);
  // What it requires never comes after it, wherever its group is put.
  const needs = needsOf(run.ledgers, ledger.id);
  return [...run.ledgers.values()]
    .filter((other) => later.includes(childWithin(run.specs, group, other) ?? '') && !needs?.has(other.id))
    .map(({ id }) => id);
}

/** Children that come down together do so in reverse order, and only those that the strategy names. */
function noteGroupStop(run: Run, ledger: Ledger, because: string): void {
  count(run, 'stop with its group');
  const strategy = run.specs.find(({ name }) => name === ledger.group)?.strategy;
  const later =
    strategy === 'one-for-one'
      ? dependentsOf(run.ledgers, ledger.id).filter((id) => run.ledgers.get(id)?.group === ledger.group)
      : laterWithin(run, ledger.group, ledger);
  for (const id of later) {
    const state = stateNow(run, id);
    if (run.ledgers.get(id)?.isAttached === true) continue;
    if (state !== undefined && withProcess.includes(state))
      object(run, `${ledger.id} comes down after its sibling ${id}, which is ${state} (${because})`);
  }
  const [reason, fallen] = because.split(' ');
  if (reason === 'sibling.ended' && fallen !== undefined && !isInReach(run, ledger, fallen))
    object(run, `${ledger.id} is left alone when ${fallen} ends`);
}

/** Whether the end of somebody, or of another one in that group since, takes a plugin down with it. */
function isInReach(run: Run, ledger: Ledger, fallen: string): boolean {
  const group = groupOfChild(run, fallen);
  const known = group === undefined ? undefined : run.groups.get(group);
  // The one that fell was removed meanwhile.
  if (group === undefined || known === undefined) return true;
  // Whom a removal has put elsewhere since was in reach when that was reported.
  if (ledger.outgoing.get(group) === ledger.ref.getSnapshot().context.generation) return true;
  const child = childWithin(run.specs, group, ledger);
  if (child === null || known.spec.strategy === 'one-for-one') return false;
  if (known.spec.strategy === 'one-for-all') return true;
  const children = childrenOf(run, group);
  // The last one that fell is heard of after those that it takes with it.
  const falling = children.filter((id) => stateNow(run, id) === 'crashed');
  return [...known.fallen, ...falling].some((id) => children.indexOf(id) <= children.indexOf(child));
}

function groupOfChild(run: Run, child: string): string | undefined {
  return run.ledgers.get(child)?.group ?? run.specs.find(({ name }) => name === child)?.parent ?? undefined;
}

function noteFailure(run: Run, ledger: Ledger): void {
  const { lastExit } = statusOf(ledger.ref);
  const { resetAfterMs, restart } = ledger.policy.restart;
  // A plugin that had been healthy for long enough begins anew, whatever the verdict on this failure is.
  if (resetAfterMs !== null && (lastExit?.healthyMs ?? 0) >= resetAfterMs) ledger.restarts = [];
  ledger.fellAt = run.tree.clock.now();
  if (restart === 'transient' && lastExit !== null && endedNormally(lastExit)) ledger.mustRest = true;
  run.groups.get(ledger.group)?.fallen.add(ledger.id);
}

/** Its supervisor restarts it alone. */
function noteOwnRestart(run: Run, ledger: Ledger): void {
  const group = run.groups.get(ledger.group);
  if (group !== undefined) noteGroupRestart(run, group);
}
