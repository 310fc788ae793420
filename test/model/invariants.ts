import type { PluginStatus } from '../../src/model/index.js';
import { endedNormally } from '../../src/policy/index.js';
import { isLeftBehind } from './group-ledger.js';
import type { Ledger } from './ledger.js';
import type { Run } from './run.js';
import { statusOf, type PluginRef } from './tree.js';
import { withProcess } from './with-process.js';

export interface Situation {
  readonly run: Run;
  readonly ledger: Ledger;
  readonly status: PluginStatus;
  /** The actor that the tree has for the plugin now. */
  readonly ref: PluginRef | undefined;
  readonly now: number;
}

/** What holds for each plugin after each step. Each answers whether it does. */
const invariants: Readonly<Record<string, (situation: Situation) => boolean>> = {
  'its actor is the one that it was added with, and has not broken': ({ ref, ledger }) =>
    ref === ledger.ref && ref.getSnapshot().status === 'active',
  'there is at most one living generation': (situation) => processes(situation) <= 1,
  'there is a process exactly in the states that have one': (situation) =>
    (processes(situation) === 1) === withProcess.includes(situation.status.state),
  'nothing works for a plugin that has no process': (situation) =>
    withProcess.includes(situation.status.state) || working(situation) === 0,
  'a pid is told exactly while a process runs': ({ status: { state, pid } }) =>
    pid === null ? !['handshaking', 'healthy', 'stopping'].includes(state) : withProcess.includes(state),
  'only a healthy plugin is ready': ({ status }) => !status.ready || status.state === 'healthy',
  'a plugin that waits is wanted': ({ status }) =>
    !['restarting', 'waiting'].includes(status.state) || status.wanted,
  'a plugin that waits for others says for whom': ({ status, ledger }) => {
    if (status.state !== 'waiting') return true;
    return /^(turn\.awaited|(requirement|sibling|supervisor)\.\S+ ?\S*)$/.test(
      ledger.ref.getSnapshot().context.because,
    );
  },
  'a plugin that rests is not wanted': ({ status }) => status.state !== 'idle' || !status.wanted,
  'a time for the next try is told exactly where the plugin itself knows it': ({ status, ledger }) => {
    const { state, retryAt } = status;
    const isOwnPause = state === 'restarting' && ledger.ref.getSnapshot().context.hold === null;
    return (retryAt !== null) === isOwnPause || state === 'failed';
  },
  'generations only grow': ({ status, ledger }) => status.generation >= ledger.generation,
  'who is not wanted has no process once the stop budget has passed': (situation) => {
    const { ledger, now, run } = situation;
    if (ledger.unwantedSince === null) return true;
    const others = [...run.ledgers.values()].filter(({ dismissed }) => dismissed && ledger.dismissed);
    const budgetMs = others
      .filter(({ id }) => id !== ledger.id)
      .reduce((sum, other) => sum + other.budgetMs, ledger.budgetMs);
    return now - ledger.unwantedSince <= budgetMs || processes(situation) === 0;
  },
  'no window holds more restarts than the policy allows': ({ ledger }) => {
    const { intensity, periodMs } = ledger.policy.restart;
    const last = ledger.restarts.at(-1) ?? 0;
    const counted = ledger.restarts.filter((at) => last - at <= (periodMs ?? Infinity));
    return counted.length <= (intensity ?? Infinity);
  },
  'whoever an operator wants is wanted, or was let go of for a reason': ({ ledger, status }) => {
    if (!ledger.wished || status.wanted) return true;
    ledger.wished = false;
    return mayLetGo(ledger, status);
  },
  'what requires a plugin is not healthy while that one is brought down for good': ({
    ledger,
    run,
    status,
  }) =>
    status.state !== 'stopping' ||
    status.wanted ||
    ledger.notBeside.every((id) => run.ledgers.get(id)?.state !== 'healthy'),
  'nobody is left from before, once the group of a fallen one pauses or starts': ({ run, ledger }) =>
    !isLeftBehind(run, ledger),
};

/** The first invariant that a plugin breaks, or `null`. */
export function brokenInvariant(run: Run, ledger: Ledger): string | null {
  const { tree } = run;
  const status = statusOf(ledger.ref);
  const situation = { run, ledger, ref: tree.plugin(ledger.id), now: tree.clock.now(), status };
  for (const [sentence, holds] of Object.entries(invariants)) {
    if (!holds(situation))
      return `${ledger.id}: not true that ${sentence} (${JSON.stringify(ledger.ref.getSnapshot().value)})`;
  }
  ledger.generation = status.generation;
  return null;
}

/** Whether a rule lets the tree itself end what an operator wished. */
function mayLetGo(ledger: Ledger, { lastExit }: PluginStatus): boolean {
  const { policy, isShutDown, isAttached, isRefused } = ledger;
  const { restart } = policy.restart;
  const isTransient = restart === 'transient' && lastExit !== null && endedNormally(lastExit);
  return restart === 'temporary' || isTransient || isShutDown || isAttached || isRefused;
}

function processes({ run, ledger }: Situation): number {
  return run.tree.world.all().filter(({ name, plugin }) => name === 'process' && plugin === ledger.id).length;
}

function working({ run, ledger }: Situation): number {
  return run.tree.world.all().filter(({ plugin }) => plugin === ledger.id).length;
}
