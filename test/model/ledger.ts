import type { PluginState, PluginStatus, SupervisionPolicy } from '../../src/model/index.js';
import { stopsWithinMs } from '../../src/policy/index.js';
import { stateOf, statusOf, type PluginRef } from './tree.js';

/** What a run remembers of one plugin, to hold what the tree does against what it was asked. */
export interface Ledger {
  readonly id: string;
  readonly policy: SupervisionPolicy;
  readonly ref: PluginRef;
  /** Since when nobody has wanted it; `null` while somebody does. Moments lost to a stall do not count. */
  unwantedSince: number | null;
  /** When the supervisor ordered restarts, since failures were last forgotten. */
  restarts: number[];
  generation: number;
  readonly close: () => void;
}

export type Complaint = (sentence: string) => never;

export function openLedger(
  id: string,
  policy: SupervisionPolicy,
  ref: PluginRef,
  now: () => number,
  seen: (state: PluginState) => void,
): Ledger {
  let before = stateOf(ref);
  const subscription = ref.subscribe(() => {
    const state = stateOf(ref);
    if (state === before) return;
    before = state;
    seen(state);
    if (state === 'crashed') noteFailure(ledger, statusOf(ref));
    if (state === 'restarting') ledger.restarts.push(now());
  });
  const ledger: Ledger = {
    id,
    policy,
    ref,
    unwantedSince: now(),
    restarts: [],
    generation: 0,
    close: () => {
      subscription.unsubscribe();
    },
  };
  return ledger;
}

/** A plugin that had been healthy for long enough begins anew, whatever the verdict on this failure is. */
function noteFailure(ledger: Ledger, { lastExit }: PluginStatus): void {
  const { resetAfterMs } = ledger.policy.restart;
  if (resetAfterMs !== null && (lastExit?.healthyMs ?? 0) >= resetAfterMs) ledger.restarts = [];
}

/** Within this time after nobody wanted it any more, a plugin has no process. */
export function stopBudgetMs({ deadlines }: SupervisionPolicy): number {
  return Math.max(stopsWithinMs(deadlines), stopsWithinMs(deadlines, true));
}
