import { announcementTtlMs } from './announcements.js';

/**
 * The knocks of the plugin on a multiplexed connection: each asks to open a stream for an id. The plugin knocks for one
 * stream at a time and opens it after the answer, so one id is enough to remember; a new knock means that the plugin has
 * cancelled the one before.
 */
export interface KnockState {
  /** The ids that the host serves. */
  readonly served: ReadonlySet<number>;
  /** Ids that are not served any more, the latest last; at most {@link maxEndedIds}. */
  readonly ended: readonly number[];
  /** The knock for an id that is not served yet; `at` in milliseconds since the epoch. */
  readonly pendingKnock: { readonly id: number; readonly at: number } | null;
  /** The id of the next stream of the plugin. */
  readonly acknowledged: number | null;
}

/** The answer to a knock; an empty error accepts it. */
export interface KnockAnswer {
  readonly id: number;
  readonly error: string;
}

/** The next state, and the answer to send, if any. */
export interface KnockStep {
  readonly state: KnockState;
  readonly answer: KnockAnswer | null;
}

/** How many ended ids are remembered, so that a late knock for one is refused at once. */
export const maxEndedIds = 256;

/** The state at the start of a process. */
export const noKnocks: KnockState = { served: new Set(), ended: [], pendingKnock: null, acknowledged: null };

/** Handles a knock of the plugin. `now`: milliseconds since the epoch. */
export function knock(state: KnockState, id: number, now: number): KnockStep {
  const next: KnockState = { ...state, pendingKnock: null, acknowledged: null };
  if (state.served.has(id)) return acknowledge(next, id);
  if (state.ended.includes(id))
    return { state: next, answer: { id, error: `nothing is served on id ${id} any more` } };
  return { state: { ...next, pendingKnock: { id, at: now } }, answer: null };
}

/** Serves an id from now on. Answers a knock that came before, unless it is older than {@link announcementTtlMs}. */
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

/** Stops serving an id. A stream that was acknowledged for it then has no id. */
export function withdraw(state: KnockState, id: number): KnockState {
  return {
    ...state,
    served: new Set([...state.served].filter((served) => served !== id)),
    ended: [...state.ended.filter((ended) => ended !== id), id].slice(-maxEndedIds),
  };
}

/** The id of a stream that the plugin has opened; `null` if none was acknowledged, or its id is not served any more. */
export function streamOpened(state: KnockState): { readonly state: KnockState; readonly id: number | null } {
  const { acknowledged, served } = state;
  const id = acknowledged !== null && served.has(acknowledged) ? acknowledged : null;
  return { state: { ...state, acknowledged: null }, id };
}

function acknowledge(state: KnockState, id: number): KnockStep {
  return { state: { ...state, acknowledged: id }, answer: { id, error: '' } };
}
