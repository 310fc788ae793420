import type { PluginStatus } from '../../src/model/index.js';
import type { PretendedWorld } from '../../src/testing/index.js';
import { stopBudgetMs, type Ledger } from './ledger.js';
import { statusOf, type PluginRef } from './tree.js';

export interface Situation {
  readonly ledger: Ledger;
  readonly status: PluginStatus;
  /** The actor that the tree has for the plugin now. */
  readonly ref: PluginRef | undefined;
  readonly world: PretendedWorld;
  readonly now: number;
}

const withProcess = ['spawning', 'handshaking', 'healthy', 'stopping'];

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
  'a plugin that waits for its restart is wanted': ({ status }) =>
    status.state !== 'restarting' || status.wanted,
  'a plugin that rests is not wanted': ({ status }) => status.state !== 'idle' || !status.wanted,
  'a time for the next try is told exactly where one is due': ({ status: { state, retryAt } }) =>
    (retryAt !== null) === (state === 'restarting') || state === 'failed',
  'generations only grow': ({ status, ledger }) => status.generation >= ledger.generation,
  'who is not wanted has no process once the stop budget has passed': (situation) => {
    const { ledger, now } = situation;
    if (ledger.unwantedSince === null || now - ledger.unwantedSince <= stopBudgetMs(ledger.policy))
      return true;
    return processes(situation) === 0;
  },
  'no window holds more restarts than the policy allows': ({ ledger }) => {
    const { intensity, periodMs } = ledger.policy.restart;
    const last = ledger.restarts.at(-1) ?? 0;
    const counted = ledger.restarts.filter((at) => last - at <= (periodMs ?? Infinity));
    return counted.length <= (intensity ?? Infinity);
  },
};

/** The first invariant that a plugin breaks, or `null`. */
export function brokenInvariant(
  ledger: Ledger,
  ref: PluginRef | undefined,
  world: PretendedWorld,
  now: number,
): string | null {
  const situation = { ledger, ref, world, now, status: statusOf(ledger.ref) };
  for (const [sentence, holds] of Object.entries(invariants)) {
    if (!holds(situation))
      return `${ledger.id}: not true that ${sentence} (${JSON.stringify(ledger.ref.getSnapshot().value)})`;
  }
  ledger.generation = situation.status.generation;
  return null;
}

function processes({ world, ledger }: Situation): number {
  return world.all().filter(({ name, plugin }) => name === 'process' && plugin === ledger.id).length;
}

function working({ world, ledger }: Situation): number {
  return world.all().filter(({ plugin }) => plugin === ledger.id).length;
}
