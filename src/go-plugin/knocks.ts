import { announcementLifeMs } from './broker.js';

/**
 * What the plugin has knocked for on a multiplexed connection. Between a knock that was answered and the stream that
 * follows it lies nothing else of the plugin's: it knocks for one connection at a time. So one expectation is enough.
 */
export interface KnockState {
  readonly served: ReadonlySet<number>;
  /** Ids that were served once, the latest last. */
  readonly ended: readonly number[];
  /** Knocks for what is not served yet. */
  readonly early: readonly { readonly id: number; readonly at: number }[];
  /** Whom the plugin's next stream is for. */
  readonly expected: number | null;
}

/** What a knock is answered with; an empty error lets the plugin in. */
export interface KnockAnswer {
  readonly id: number;
  readonly error: string;
}

export interface KnockStep {
  readonly state: KnockState;
  readonly answer: KnockAnswer | null;
}

/** How many ids are remembered after their end, so that a late knock is refused and not left waiting. */
const mostEnded = 256;

export const noKnocks: KnockState = { served: new Set(), ended: [], early: [], expected: null };

/** The plugin wants to open a stream to what the host serves on an id. */
export function knock(state: KnockState, id: number, now: number): KnockStep {
  if (state.served.has(id)) return letIn(state, id);
  if (state.ended.includes(id))
    return { state, answer: { id, error: `nothing is served on id ${id} any more` } };
  const early = [...fresh(state, now).filter((kept) => kept.id !== id), { id, at: now }];
  return { state: { ...state, early }, answer: null };
}

/** The host serves an id from now on; a knock that came before is answered. */
export function serve(state: KnockState, id: number, now: number): KnockStep {
  const kept = fresh(state, now);
  const next: KnockState = {
    ...state,
    served: new Set([...state.served, id]),
    ended: state.ended.filter((ended) => ended !== id),
    early: kept.filter((knock) => knock.id !== id),
  };
  return kept.some((knock) => knock.id === id) ? letIn(next, id) : { state: next, answer: null };
}

/** The host serves an id no longer. A stream that was let in for it is nobody's. */
export function withdraw(state: KnockState, id: number): KnockState {
  return {
    ...state,
    served: new Set([...state.served].filter((served) => served !== id)),
    ended: [...state.ended.filter((ended) => ended !== id), id].slice(-mostEnded),
  };
}

/** The plugin has opened a stream: whom it is for, or nobody, if none was let in or the id is served no longer. */
export function arrive(state: KnockState): { readonly state: KnockState; readonly id: number | null } {
  const { expected, served } = state;
  const id = expected !== null && served.has(expected) ? expected : null;
  return { state: { ...state, expected: null }, id };
}

/** A later knock takes the place of one whose stream never came: the plugin has given that one up. */
function letIn(state: KnockState, id: number): KnockStep {
  return { state: { ...state, expected: id }, answer: { id, error: '' } };
}

function fresh({ early }: KnockState, now: number): KnockState['early'] {
  return early.filter(({ at }) => now - at < announcementLifeMs);
}
