import type { ActorRefLike, Snapshot } from 'xstate';

/** What an actor shows of itself beside its public face. */
export interface ActorRef extends ActorRefLike {
  readonly id: string;
  readonly src?: unknown;
  readonly logic?: { readonly config?: unknown };
  readonly _parent?: ActorRef;
}

/** An actor that was seen. */
export interface SeenActor {
  /** XState counts them for the whole process, so they are unique over all roots. */
  readonly session: string;
  readonly parent: string | undefined;
  readonly root: string;
  readonly name: string;
  /** The machine's definition; `null` for an actor that is no machine. */
  readonly config: object | null;
  /** When it was first seen, in milliseconds since the epoch. */
  readonly at: number;
  /** Its place among all actors seen. */
  readonly number: number;
  /** The newest one; `undefined` until there is one. */
  snapshot: Snapshot<unknown> | undefined;
}

/** An actor's own id where it was given one; else the name of its machine, or of the logic that it runs. */
export function actorName({ id, sessionId, src, logic, _parent }: ActorRef): string {
  const machine = machineId(logic);
  if (id === sessionId) return machine ?? id;
  // XState makes up an id of an invocation's number and the state that invokes.
  const isMadeUp =
    id.replace(/^\d+\./, '').startsWith(machineId(_parent?.logic) ?? '\0') && /^\d+\./.test(id);
  return isMadeUp && typeof src === 'string' ? src : id;
}

export function configOf({ logic }: ActorRef): object | null {
  const config = logic?.config;
  return typeof config === 'object' ? config : null;
}

function machineId(logic: ActorRef['logic']): string | undefined {
  const id = (logic?.config as { readonly id?: unknown } | undefined)?.id;
  return typeof id === 'string' ? id : undefined;
}
