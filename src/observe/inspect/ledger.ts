import type { ActorRefLike, AnyEventObject, InspectionEvent, Snapshot } from 'xstate';
import { actorName, configOf, type ActorRef, type SeenActor } from './actors.js';

/** Something that was seen, kept as it was until somebody wants to read it. */
export type Entry =
  | {
      readonly type: 'actor';
      readonly at: number;
      readonly actor: SeenActor;
      /** The one it had then; `undefined` where the next entries tell it. */
      readonly snapshot: Snapshot<unknown> | undefined;
    }
  | {
      readonly type: 'event';
      readonly at: number;
      readonly actor: SeenActor;
      readonly event: AnyEventObject;
      /** The session of the actor that sent it, where one did. */
      readonly source: string | undefined;
    }
  | {
      readonly type: 'snapshot';
      readonly at: number;
      readonly actor: SeenActor;
      readonly event: AnyEventObject;
      readonly snapshot: Snapshot<unknown>;
    };

export interface Ledger {
  /**
   * Enters what XState tells; answers what has become of it, oldest first. Actors are introduced by what first
   * happens to them, as XState makes some that are never started, and says nothing of their end.
   */
  enter(event: InspectionEvent): readonly Entry[];
  /** What a newcomer has to read to know every living actor and the newest entries, oldest first. */
  retell(): readonly Entry[];
  clear(): void;
}

/** How many of the newest entries are kept. */
const memory = 200;

/** Remembers every living actor with its newest snapshot, and the newest entries; of the rest nothing. */
export function createLedger(now: () => number): Ledger {
  const living = new Set<SeenActor>();
  const newest: Entry[] = [];
  const actors = new WeakMap<ActorRef, SeenActor>();
  let met = 0;

  const meet = (ref: ActorRef, rootId: string): SeenActor => {
    met += 1;
    const actor: SeenActor = {
      session: ref.sessionId,
      parent: ref._parent?.sessionId,
      root: rootId,
      name: actorName(ref),
      config: configOf(ref),
      at: now(),
      number: met,
      snapshot: currentSnapshot(ref),
    };
    actors.set(ref, actor);
    if (isAlive(actor)) living.add(actor);
    return actor;
  };

  const note = (entry: Entry): Entry => {
    newest.push(entry);
    if (newest.length > memory) newest.shift();
    return entry;
  };

  /** The actor, and the introductions that its first appearance needs: an inspector that came late meets parents by their children. */
  const find = (ref: ActorRef, rootId: string): { actor: SeenActor; introductions: readonly Entry[] } => {
    const known = actors.get(ref);
    if (known !== undefined) return { actor: known, introductions: [] };
    const elders = ref._parent === undefined ? [] : find(ref._parent, rootId).introductions;
    const actor = meet(ref, rootId);
    return {
      actor,
      introductions: [...elders, note({ type: 'actor', at: actor.at, actor, snapshot: actor.snapshot })],
    };
  };

  const part = (actor: SeenActor): void => {
    living.delete(actor);
    if (actor.session !== actor.root) return;
    // Whatever a root leaves behind can no longer be reached.
    for (const orphan of living) if (orphan.root === actor.root) living.delete(orphan);
  };

  return {
    enter(event) {
      if (event.type === '@xstate.event') {
        const { actor, introductions } = find(seenRef(event.actorRef), event.rootId);
        const source = event.sourceRef?.sessionId;
        return [...introductions, note({ type: 'event', at: now(), actor, event: event.event, source })];
      }
      if (event.type !== '@xstate.snapshot') return [];
      const { snapshot } = event;
      const { actor, introductions } = find(seenRef(event.actorRef), event.rootId);
      actor.snapshot = snapshot;
      const entries = [
        ...introductions,
        note({ type: 'snapshot', at: now(), actor, event: event.event, snapshot }),
      ];
      if (!isAlive(actor)) part(actor);
      return entries;
    },

    retell() {
      const introduced = actorsOf(newest, 'actor');
      const followed = actorsOf(newest, 'snapshot');
      const known = new Set([...living, ...newest.map(({ actor }) => actor)]);
      const introductions = [...known]
        .filter((actor) => !introduced.has(actor))
        .sort((one, other) => one.number - other.number)
        .map((actor): Entry => {
          const snapshot = followed.has(actor) ? undefined : actor.snapshot;
          return { type: 'actor', at: actor.at, actor, snapshot };
        });
      return [...introductions, ...newest];
    },

    clear() {
      living.clear();
      newest.length = 0;
    },
  };
}

function actorsOf(entries: readonly Entry[], type: Entry['type']): ReadonlySet<SeenActor> {
  return new Set(entries.filter((entry) => entry.type === type).map(({ actor }) => actor));
}

/** There is none while an actor is being made; XState's development build throws then. */
function currentSnapshot(ref: ActorRef): Snapshot<unknown> | undefined {
  try {
    return ref.getSnapshot() as Snapshot<unknown> | undefined;
  } catch {
    return undefined;
  }
}

function isAlive({ snapshot }: SeenActor): boolean {
  return snapshot === undefined || snapshot.status === 'active';
}

function seenRef(ref: ActorRefLike): ActorRef {
  return ref as ActorRef;
}
