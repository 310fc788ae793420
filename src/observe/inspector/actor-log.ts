import type { ActorRefLike, AnyEventObject, InspectionEvent, Snapshot } from 'xstate';
import {
  actorName,
  machineConfigOf,
  type InspectedActorRef,
  type InspectedActor,
} from './inspected-actor.js';

/** Something that was seen, kept as it was until somebody wants to read it. */
export type ActorLogEntry =
  | {
      readonly type: 'actor';
      readonly at: number;
      readonly actor: InspectedActor;
      /** The one it had then; `undefined` where the next entries tell it. */
      readonly snapshot: Snapshot<unknown> | undefined;
    }
  | {
      readonly type: 'event';
      readonly at: number;
      readonly actor: InspectedActor;
      readonly event: AnyEventObject;
      /** The session of the actor that sent it, where one did. */
      readonly source: string | undefined;
    }
  | {
      readonly type: 'snapshot';
      readonly at: number;
      readonly actor: InspectedActor;
      readonly event: AnyEventObject;
      readonly snapshot: Snapshot<unknown>;
    };

export interface ActorLog {
  /**
   * Enters what XState tells; answers what has become of it, oldest first. Actors are introduced by what first
   * happens to them, as XState makes some that are never started, and says nothing of their end.
   */
  record(event: InspectionEvent): readonly ActorLogEntry[];
  /** What a newcomer has to read to know every living actor and the newest entries, oldest first. */
  replay(): readonly ActorLogEntry[];
  clear(): void;
}

/** How many of the newest entries are kept. */
const maxEntries = 200;

/** Remembers every living actor with its newest snapshot, and the newest entries; of the rest nothing. */
export function createActorLog(now: () => number): ActorLog {
  const alive = new Set<InspectedActor>();
  const newest: ActorLogEntry[] = [];
  const actors = new WeakMap<InspectedActorRef, InspectedActor>();
  let actorCount = 0;

  const addActor = (ref: InspectedActorRef, rootId: string): InspectedActor => {
    actorCount += 1;
    const actor: InspectedActor = {
      sessionId: ref.sessionId,
      parentSessionId: ref._parent?.sessionId,
      rootSessionId: rootId,
      name: actorName(ref),
      config: machineConfigOf(ref),
      firstSeenAt: now(),
      sequence: actorCount,
      snapshot: currentSnapshot(ref),
    };
    actors.set(ref, actor);
    if (isAlive(actor)) alive.add(actor);
    return actor;
  };

  const append = (entry: ActorLogEntry): ActorLogEntry => {
    newest.push(entry);
    if (newest.length > maxEntries) newest.shift();
    return entry;
  };

  /** The actor, and the introductions that its first appearance needs: an inspector that came late meets parents by their children. */
  const find = (
    ref: InspectedActorRef,
    rootId: string,
  ): { actor: InspectedActor; introductions: readonly ActorLogEntry[] } => {
    const known = actors.get(ref);
    if (known !== undefined) return { actor: known, introductions: [] };
    const ancestorIntroductions = ref._parent === undefined ? [] : find(ref._parent, rootId).introductions;
    const actor = addActor(ref, rootId);
    return {
      actor,
      introductions: [
        ...ancestorIntroductions,
        append({ type: 'actor', at: actor.firstSeenAt, actor, snapshot: actor.snapshot }),
      ],
    };
  };

  const removeActor = (actor: InspectedActor): void => {
    alive.delete(actor);
    if (actor.sessionId !== actor.rootSessionId) return;
    // Whatever a root leaves behind can no longer be reached.
    for (const descendant of alive)
      if (descendant.rootSessionId === actor.rootSessionId) alive.delete(descendant);
  };

  return {
    record(event) {
      if (event.type === '@xstate.event') {
        const { actor, introductions } = find(inspectedRef(event.actorRef), event.rootId);
        const source = event.sourceRef?.sessionId;
        return [...introductions, append({ type: 'event', at: now(), actor, event: event.event, source })];
      }
      if (event.type !== '@xstate.snapshot') return [];
      const { snapshot } = event;
      const { actor, introductions } = find(inspectedRef(event.actorRef), event.rootId);
      actor.snapshot = snapshot;
      const entries = [
        ...introductions,
        append({ type: 'snapshot', at: now(), actor, event: event.event, snapshot }),
      ];
      if (!isAlive(actor)) removeActor(actor);
      return entries;
    },

    replay() {
      const introduced = actorsOf(newest, 'actor');
      const updated = actorsOf(newest, 'snapshot');
      const known = new Set([...alive, ...newest.map(({ actor }) => actor)]);
      const introductions = [...known]
        .filter((actor) => !introduced.has(actor))
        .sort((one, other) => one.sequence - other.sequence)
        .map((actor): ActorLogEntry => {
          const snapshot = updated.has(actor) ? undefined : actor.snapshot;
          return { type: 'actor', at: actor.firstSeenAt, actor, snapshot };
        });
      return [...introductions, ...newest];
    },

    clear() {
      alive.clear();
      newest.length = 0;
    },
  };
}

function actorsOf(
  entries: readonly ActorLogEntry[],
  type: ActorLogEntry['type'],
): ReadonlySet<InspectedActor> {
  return new Set(entries.filter((entry) => entry.type === type).map(({ actor }) => actor));
}

/** There is none while an actor is being made; XState's development build throws then. */
function currentSnapshot(ref: InspectedActorRef): Snapshot<unknown> | undefined {
  try {
    return ref.getSnapshot() as Snapshot<unknown> | undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ snapshot }: InspectedActor): boolean {
  return snapshot === undefined || snapshot.status === 'active';
}

function inspectedRef(ref: ActorRefLike): InspectedActorRef {
  return ref as InspectedActorRef;
}
