/**
 * What an inspector gets: XState's report of an actor, an event or a snapshot. `type` tells which; XState's own type of
 * this name has the fields of each.
 */
export interface InspectionEvent {
  /** For example `@xstate.snapshot`. */
  readonly type: string;
  /** The session id of the root actor. */
  readonly rootId: string;
}

/** An XState inspector: any object that XState's `createActor` takes as `inspect`. */
export interface InspectionObserver {
  /** Called with each report. */
  next?(event: InspectionEvent): void;
}

/** An XState inspector as a function. */
export type InspectionListener = NonNullable<InspectionObserver['next']>;
