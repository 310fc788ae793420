import type { ActorRefLike, Snapshot } from 'xstate';

/** What an actor shows of itself beside its public face. */
export interface InspectedActorRef extends ActorRefLike {
  readonly id: string;
  readonly src?: unknown;
  readonly logic?: { readonly config?: unknown };
  readonly _parent?: InspectedActorRef;
}

/** An actor that was seen. */
export interface InspectedActor {
  /** XState counts them for the whole process, so they are unique over all roots. */
  readonly sessionId: string;
  readonly parentSessionId: string | undefined;
  readonly rootSessionId: string;
  readonly name: string;
  /** The machine's definition; `null` for an actor that is no machine. */
  readonly config: object | null;
  /** When it was first seen, in milliseconds since the epoch. */
  readonly firstSeenAt: number;
  /** Its place among all actors seen. */
  readonly sequence: number;
  /** The newest one; `undefined` until there is one. */
  snapshot: Snapshot<unknown> | undefined;
}

/** An actor's own id where it was given one; else the name of its machine, or of the logic that it runs. */
export function actorName({ id, sessionId, src, logic, _parent }: InspectedActorRef): string {
  const machine = machineId(logic);
  if (id === sessionId) return machine ?? id;
  // XState makes up an id of an invocation's number and the state that invokes.
  const isGenerated =
    id.replace(/^\d+\./, '').startsWith(machineId(_parent?.logic) ?? '\0') && /^\d+\./.test(id);
  return isGenerated && typeof src === 'string' ? src : id;
}

export function machineConfigOf({ logic }: InspectedActorRef): object | null {
  const config = logic?.config;
  return typeof config === 'object' ? config : null;
}

function machineId(logic: InspectedActorRef['logic']): string | undefined {
  const id = (logic?.config as { readonly id?: unknown } | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}
