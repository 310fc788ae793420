import { chartOfDefinition, type Chart } from '../../chart.js';
import type { StateDefinition } from '../../chart-definition.js';
import { pluginWord, shortText, stateText } from './words.js';
import type {
  ActorMessage,
  EventMessage,
  SnapshotMessage,
  WireEvent,
  WireMessage,
  WireSnapshot,
} from './wire.js';

/** An actor as the page knows it. */
export interface PageActor {
  readonly session: string;
  readonly parent: string | null;
  readonly name: string;
  /** The names from the root to this actor. */
  readonly path: string;
  /** `null` for an actor that is no machine. */
  readonly chart: Chart | null;
  readonly snapshot: WireSnapshot;
  /** When it came into the state that it is in, in milliseconds since the epoch. */
  readonly since: number;
}

/** One thing that happened. */
export interface Happening {
  readonly number: number;
  readonly at: number;
  readonly session: string;
  /** The path of the actor that it happened to. */
  readonly path: string;
  readonly event: WireEvent;
  /** The path of the actor that sent it, where one did. */
  readonly source: string | null;
  /** How it changed the actor's state, if it did. */
  readonly change: { readonly from: string; readonly to: string } | null;
}

/** Everything that the page knows. */
export interface World {
  /** Every living actor, and roots that have ended, parents before their children. */
  actors(): readonly PageActor[];
  find(session: string): PageActor | undefined;
  /** The newest happenings, oldest first. */
  happenings(): readonly Happening[];
  learn(message: WireMessage): void;
  forget(): void;
}

/** How many happenings the page remembers. */
const memory = 1000;

/** How far back the event that led to a snapshot is looked for. */
const hindsight = 100;

export function createWorld(): World {
  const actors = new Map<string, PageActor>();
  /** Paths outlive their actors: what has happened to them is still to be read. */
  const paths = new Map<string, string>();
  const charts = new Map<string, Chart | null>();
  let happenings: Happening[] = [];
  let count = 0;

  const happen = (happening: Omit<Happening, 'number'>): void => {
    count += 1;
    happenings.push({ ...happening, number: count });
    if (happenings.length > memory * 1.5) {
      happenings = happenings.slice(-memory);
      forgetOldPaths();
    }
  };

  const forgetOldPaths = (): void => {
    const known = new Set([...actors.keys(), ...happenings.map(({ session }) => session)]);
    for (const session of paths.keys()) if (!known.has(session)) paths.delete(session);
  };

  const chartFor = (definition: string): Chart | null => {
    const known = charts.get(definition);
    if (known !== undefined) return known;
    const chart = readChart(definition);
    charts.set(definition, chart);
    return chart;
  };

  const meet = ({ sessionId, parentId, name, definition, snapshot, createdAt }: ActorMessage): void => {
    const parentPath = parentId === undefined ? undefined : paths.get(parentId);
    const path = parentPath === undefined ? name : `${parentPath}/${name}`;
    paths.set(sessionId, path);
    if (!isAlive(snapshot) && parentId !== undefined) return;
    forgetEndedRoots(parentId, name);
    actors.set(sessionId, {
      session: sessionId,
      parent: parentId ?? null,
      name,
      path,
      chart: chartFor(definition),
      snapshot,
      since: Number(createdAt),
    });
  };

  /** A root that has ended is shown until the like of it comes. */
  const forgetEndedRoots = (parentId: string | undefined, name: string): void => {
    if (parentId !== undefined) return;
    for (const actor of actors.values()) {
      if (actor.parent === null && actor.name === name && !isAlive(actor.snapshot))
        actors.delete(actor.session);
    }
  };

  const hear = ({ sessionId, sourceId, event, createdAt }: EventMessage): void => {
    happen({
      at: Number(createdAt),
      session: sessionId,
      path: paths.get(sessionId) ?? sessionId,
      event,
      source: sourceId === undefined ? null : (paths.get(sourceId) ?? sourceId),
      change: null,
    });
  };

  const see = ({ sessionId, event, snapshot, createdAt }: SnapshotMessage): void => {
    const actor = actors.get(sessionId);
    const at = Number(createdAt);
    if (actor === undefined) return;
    const [from, to] = [wordFor(actor), wordFor({ ...actor, snapshot })];
    const isMove = stateText(actor.snapshot.value) !== stateText(snapshot.value);
    if (actor.chart !== null && from !== '' && from !== to) noteChange(actor, at, event, { from, to });
    if (isAlive(snapshot)) actors.set(sessionId, { ...actor, snapshot, since: isMove ? at : actor.since });
    else end({ ...actor, snapshot, since: at });
  };

  const end = (actor: PageActor): void => {
    if (actor.parent !== null) {
      actors.delete(actor.session);
      return;
    }
    actors.set(actor.session, actor);
    for (const other of [...actors.values()].filter((other) => isWithin(other, actor)))
      actors.delete(other.session);
  };

  const isWithin = (actor: PageActor, root: PageActor): boolean => {
    const parent = actor.parent === null ? undefined : actors.get(actor.parent);
    return parent !== undefined && (parent.session === root.session || isWithin(parent, root));
  };

  /** The event that made the change is told already, before whatever it led to; only a start is not. */
  const noteChange = (actor: PageActor, at: number, event: WireEvent, change: Happening['change']): void => {
    const { session, path } = actor;
    const since = Math.max(0, happenings.length - hindsight);
    for (let index = happenings.length - 1; index >= since; index -= 1) {
      const happening = happenings[index] as Happening;
      if (happening.session !== session || happening.event.type !== event.type) continue;
      if (happening.change === null) happenings[index] = { ...happening, change };
      return;
    }
    happen({ at, session, path, event, source: null, change });
  };

  return {
    actors: () => [...actors.values()],
    find: (session) => actors.get(session),
    happenings: () => happenings.slice(-memory),
    learn(message) {
      switch (message.type) {
        case '@xstate.actor':
          meet(message);
          return;
        case '@xstate.event':
          hear(message);
          return;
        case '@xstate.snapshot':
          see(message);
      }
    },
    forget() {
      actors.clear();
      paths.clear();
      happenings = [];
    },
  };
}

/** The one word, or path, for where an actor is. */
export function wordFor({ chart, snapshot }: Pick<PageActor, 'chart' | 'snapshot'>): string {
  const { status, value, context } = snapshot;
  if (status === 'error') return 'error';
  // A machine's first snapshot is still on its way.
  if (value === undefined) return chart !== null && status === 'active' ? '' : status;
  return chart?.id === 'plugin' ? pluginWord(value, context) : shortText(value);
}

export function isAlive({ status }: WireSnapshot): boolean {
  return status === 'active';
}

function readChart(definition: string): Chart | null {
  const written = JSON.parse(definition) as StateDefinition;
  return written.states === undefined ? null : chartOfDefinition(written);
}
