import type { ActorRefLike, AnyEventObject, InspectionEvent, Snapshot } from 'xstate';
import {
  actorName,
  machineConfigOf,
  type InspectedActorRef,
  type InspectedActor,
} from './inspected-actor.js';

/** An inspection event of XState; it is serialized only when a client is connected. */
export type ActorLogEntry =
  | {
      readonly type: 'actor';
      readonly at: number;
      readonly actor: InspectedActor;
      /** The snapshot at that moment; `undefined` when a following entry has it. */
      readonly snapshot: Snapshot<unknown> | undefined;
    }
  | {
      readonly type: 'event';
      readonly at: number;
      readonly actor: InspectedActor;
      readonly event: AnyEventObject;
      /** The session id of the sender, if it is an actor. */
      readonly source: string | undefined;
    }
  | {
      readonly type: 'snapshot';
      readonly at: number;
      readonly actor: InspectedActor;
      readonly event: AnyEventObject;
      readonly snapshot: Snapshot<unknown>;
    };

/** Records the running actors and the newest entries. */
export interface ActorLog {
  /**
   * Records an inspection event and returns the new entries, oldest first. The entry of an actor is added with its
   * first event, as XState also creates actors that never start and reports no end of them.
   */
  record(event: InspectionEvent): readonly ActorLogEntry[];
  /** The entries that a new client needs: all running actors and the newest entries, oldest first. */
  replay(): readonly ActorLogEntry[];
  clear(): void;
}

/** How many entries are kept. */
const maxEntries = 200;

/** Creates a log of all running actors, each with its newest snapshot, and of the newest entries. */
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

  /** The actor, with entries for it and for its unknown ancestors: an inspector may be attached late. */
  const find = (
    ref: InspectedActorRef,
    rootId: string,
  ): { actor: InspectedActor; actorEntries: readonly ActorLogEntry[] } => {
    const known = actors.get(ref);
    if (known !== undefined) return { actor: known, actorEntries: [] };
    const ancestorEntries = ref._parent === undefined ? [] : find(ref._parent, rootId).actorEntries;
    const actor = addActor(ref, rootId);
    return {
      actor,
      actorEntries: [
        ...ancestorEntries,
        append({ type: 'actor', at: actor.firstSeenAt, actor, snapshot: actor.snapshot }),
      ],
    };
  };

  const removeActor = (actor: InspectedActor): void => {
    alive.delete(actor);
    if (actor.sessionId !== actor.rootSessionId) return;
    // Descendants of a stopped root are unreachable; XState does not report the end of all of them.
    for (const descendant of alive)
      if (descendant.rootSessionId === actor.rootSessionId) alive.delete(descendant);
  };

  return {
    record(event) {
      if (event.type === '@xstate.event') {
        const { actor, actorEntries } = find(inspectedRef(event.actorRef), event.rootId);
        const source = event.sourceRef?.sessionId;
        return [...actorEntries, append({ type: 'event', at: now(), actor, event: event.event, source })];
      }
      if (event.type !== '@xstate.snapshot') return [];
      const { snapshot } = event;
      const { actor, actorEntries } = find(inspectedRef(event.actorRef), event.rootId);
      actor.snapshot = snapshot;
      const entries = [
        ...actorEntries,
        append({ type: 'snapshot', at: now(), actor, event: event.event, snapshot }),
      ];
      if (!isAlive(actor)) removeActor(actor);
      return entries;
    },

    replay() {
      const listed = actorsOf(newest, 'actor');
      const updated = actorsOf(newest, 'snapshot');
      const known = new Set([...alive, ...newest.map(({ actor }) => actor)]);
      const actorEntries = [...known]
        .filter((actor) => !listed.has(actor))
        .sort((one, other) => one.sequence - other.sequence)
        .map((actor): ActorLogEntry => {
          const snapshot = updated.has(actor) ? undefined : actor.snapshot;
          return { type: 'actor', at: actor.firstSeenAt, actor, snapshot };
        });
      return [...actorEntries, ...newest];
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

/** `undefined` while the actor is being created: XState's development build throws then. */
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
