import type { PluginState, SupervisionPolicy } from '../../src/model/index.js';
import { stopsWithinMs } from '../../src/policy/index.js';
import type { Planted } from './planting.js';
import { stateOf, statusOf, type PluginRef } from './tree.js';

/** What a run remembers of one plugin, to hold what the tree does against what it was asked. */
export interface Ledger extends Omit<Planted, 'policy'> {
  policy: SupervisionPolicy;
  readonly ref: PluginRef;
  state: PluginState;
  /** Since when nobody has wanted it; `null` while somebody does. Moments lost to a stall do not count. */
  unwantedSince: number | null;
  /** Whether an operator wants it, and nothing has happened that lets it rest. */
  wished: boolean;
  /** Whether the desk was asked to bring it down, or one that it requires. */
  dismissed: boolean;
  /** Whether a command is under way that wants it, and may take it down first. */
  isCommanded: boolean;
  /** Whether somebody wants one more start of it than it has had. */
  mayStart: boolean;
  /** Its own policy has said that it rests. */
  mustRest: boolean;
  /** Its process was, or was to be, a running one that was found. */
  isAttached: boolean;
  /** What it requires did not come up. */
  isRefused: boolean;
  /** Its group shut itself down. */
  isShutDown: boolean;
  /** Those that must not be healthy now, as they require it and it is being brought down for good. */
  notBeside: readonly string[];
  /** Whether a turn of the desk started this generation. */
  isByTurn: boolean;
  /** The failures of its own that it was restarted after, since they were last forgotten. */
  restarts: number[];
  /** The last failure, until it is known what followed. */
  fellAt: number | null;
  /** For each group that has brought it down: the generation that must be gone before that group starts again. */
  readonly outgoing: Map<string, number>;
  generation: number;
  budgetMs: number;
  readonly close: () => void;
}

/** `moved` is told what the state was before, each time that it has changed. */
export function openLedger(
  { policy, ...plugin }: Planted,
  ref: PluginRef,
  now: () => number,
  moved: (ledger: Ledger, before: PluginState) => void,
): Ledger {
  const subscription = ref.subscribe(() => {
    const state = stateOf(ref);
    noteWish(ledger, now());
    if (state === ledger.state) return;
    const before = ledger.state;
    ledger.state = state;
    moved(ledger, before);
  });
  const ledger: Ledger = {
    ...plugin,
    policy,
    ref,
    state: stateOf(ref),
    unwantedSince: now(),
    wished: false,
    dismissed: false,
    isCommanded: false,
    mayStart: false,
    mustRest: false,
    isAttached: false,
    isShutDown: false,
    isRefused: false,
    notBeside: [],
    isByTurn: false,
    restarts: [],
    fellAt: null,
    outgoing: new Map(),
    generation: 0,
    budgetMs: stopBudgetMs(policy),
    close: () => {
      subscription.unsubscribe();
    },
  };
  return ledger;
}

/** The tree itself lets go of some, as its rules say; from then on nobody wants them. */
function noteWish(ledger: Ledger, now: number): void {
  const { wanted, error } = statusOf(ledger.ref);
  if (!wanted && error?.code === 'REQUIREMENT_UNMET') ledger.isRefused = true;
  // One that lets go of a running process, and is to be started instead, is still wanted.
  const isExchanged = ledger.isAttached && ledger.wished && ledger.mayStart;
  if (!wanted && !ledger.isCommanded && !isExchanged) ledger.unwantedSince ??= now;
}

/** Within this time after nobody wanted it any more, a plugin has no process. */
export function stopBudgetMs({ deadlines }: SupervisionPolicy): number {
  return Math.max(stopsWithinMs(deadlines), stopsWithinMs(deadlines, true));
}
