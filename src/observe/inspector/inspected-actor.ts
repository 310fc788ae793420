import type { ActorRefLike, Snapshot } from 'xstate';

/** Properties of XState's actors that its public types do not have. */
export interface InspectedActorRef extends ActorRefLike {
  readonly id: string;
  readonly src?: unknown;
  readonly logic?: { readonly config?: unknown };
  readonly _parent?: InspectedActorRef;
}

/** An actor that the inspector has seen. */
export interface InspectedActor {
  /** XState's session ids are unique in a process. */
  readonly sessionId: string;
  readonly parentSessionId: string | undefined;
  readonly rootSessionId: string;
  readonly name: string;
  /** The machine's config; `null` for an actor that is not a state machine. */
  readonly config: object | null;
  /** When it was first seen, in milliseconds since the epoch. */
  readonly firstSeenAt: number;
  /** Counts the actors in the order in which they were seen. */
  readonly sequence: number;
  /** The newest snapshot; `undefined` before the first. */
  snapshot: Snapshot<unknown> | undefined;
}

/** The id that an actor was given; else the id of its machine or the name of its logic. */
export function actorName({ id, sessionId, src, logic, _parent }: InspectedActorRef): string {
  const machine = machineId(logic);
  if (id === sessionId) return machine ?? id;
  // The generated id of an invoked actor is its index and the id of the invoking state.
  const isGenerated =
    id.replace(/^\d+\./, '').startsWith(machineId(_parent?.logic) ?? '\0') && /^\d+\./.test(id);
  return isGenerated && typeof src === 'string' ? src : id;
}

/** The config of a state machine; `null` for other actors. */
export function machineConfigOf({ logic }: InspectedActorRef): object | null {
  const config = logic?.config;
  return typeof config === 'object' ? config : null;
}

function machineId(logic: InspectedActorRef['logic']): string | undefined {
  const id = (logic?.config as { readonly id?: unknown } | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}
