import type { StateValue } from './state-labels.js';

/** What the server sends: Stately's three messages, as far as the page reads them. */
export type WireMessage = ActorMessage | EventMessage | SnapshotMessage;

interface Head {
  readonly sessionId: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: string;
}

export interface ActorMessage extends Head {
  readonly type: '@xstate.actor';
  readonly name: string;
  readonly parentId?: string;
  /** JSON. */
  readonly definition: string;
  readonly snapshot: WireSnapshot;
}

export interface EventMessage extends Head {
  readonly type: '@xstate.event';
  readonly event: WireEvent;
  readonly sourceId?: string;
}

export interface SnapshotMessage extends Head {
  readonly type: '@xstate.snapshot';
  readonly event: WireEvent;
  readonly snapshot: WireSnapshot;
}

export interface WireEvent {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface WireSnapshot {
  readonly status: string;
  readonly value?: StateValue;
  readonly context?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
  readonly output?: unknown;
  readonly [key: string]: unknown;
}
