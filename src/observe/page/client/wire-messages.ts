import type { StateValue } from './state-labels.js';

/** A message of Stately's inspection protocol, with the fields that the page reads. */
export type WireMessage = ActorMessage | EventMessage | SnapshotMessage;

interface Head {
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: string;
}

/** A new actor. */
export interface ActorMessage extends Head {
  readonly type: '@xstate.actor';
  readonly name: string;
  readonly parentId?: string;
  /** The machine's definition as JSON text. */
  readonly definition: string;
  readonly snapshot: WireSnapshot;
}

/** An event that an actor has received. */
export interface EventMessage extends Head {
  readonly type: '@xstate.event';
  readonly event: WireEvent;
  readonly sourceId?: string;
}

/** The snapshot of an actor after an event. */
export interface SnapshotMessage extends Head {
  readonly type: '@xstate.snapshot';
  readonly event: WireEvent;
  readonly snapshot: WireSnapshot;
}

/** An event as JSON. */
export interface WireEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A snapshot as JSON. */
export interface WireSnapshot {
  readonly status: string;
  readonly value?: StateValue;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
  readonly output?: unknown;
  readonly [key: string]: unknown;
}
