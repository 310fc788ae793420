import { announcementTtlMs } from './announcements.js';

/**
 * What the plugin has knocked for on a multiplexed connection. Between a knock that was answered and the stream that
 * follows it lies nothing else of the plugin's: it knocks for one connection at a time. So one expectation is enough,
 * and a new knock says that the one before was given up.
 */
export interface KnockState {
  readonly served: ReadonlySet<number>;
  /** Ids that were served once, the latest last. */
  readonly ended: readonly number[];
  /** The knock for what is not served yet. */
  readonly pendingKnock: { readonly id: number; readonly at: number } | null;
  /** Whom the plugin's next stream is for. */
  readonly acknowledged: number | null;
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
export const maxEndedIds = 256;

export const noKnocks: KnockState = { served: new Set(), ended: [], pendingKnock: null, acknowledged: null };

/** The plugin wants to open a stream to what the host serves on an id. */
export function knock(state: KnockState, id: number, now: number): KnockStep {
  const next: KnockState = { ...state, pendingKnock: null, acknowledged: null };
  if (state.served.has(id)) return acknowledge(next, id);
  if (state.ended.includes(id))
    return { state: next, answer: { id, error: `nothing is served on id ${id} any more` } };
  return { state: { ...next, pendingKnock: { id, at: now } }, answer: null };
}

/** The host serves an id from now on; a knock that came before is answered, unless it is too old. */
export function serve(state: KnockState, id: number, now: number): KnockStep {
  const { pendingKnock } = state;
  const next: KnockState = {
    ...state,
    served: new Set([...state.served, id]),
    ended: state.ended.filter((ended) => ended !== id),
    pendingKnock: pendingKnock?.id === id ? null : pendingKnock,
  };
  const isAwaited = pendingKnock?.id === id && now - pendingKnock.at < announcementTtlMs;
  return isAwaited ? acknowledge(next, id) : { state: next, answer: null };
}

/** The host serves an id no longer. A stream that was let in for it is nobody's. */
export function withdraw(state: KnockState, id: number): KnockState {
  return {
    ...state,
    served: new Set([...state.served].filter((served) => served !== id)),
    ended: [...state.ended.filter((ended) => ended !== id), id].slice(-maxEndedIds),
  };
}

/** The plugin has opened a stream: whom it is for, or nobody, if none was let in or the id is served no longer. */
export function streamOpened(state: KnockState): { readonly state: KnockState; readonly id: number | null } {
  const { acknowledged, served } = state;
  const id = acknowledged !== null && served.has(acknowledged) ? acknowledged : null;
  return { state: { ...state, acknowledged: null }, id };
}

function acknowledge(state: KnockState, id: number): KnockStep {
  return { state: { ...state, acknowledged: id }, answer: { id, error: '' } };
}
