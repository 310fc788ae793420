import { chartOfDefinition, type Chart } from '../../chart/chart.js';
import type { StateDefinition } from '../../chart/chart-definition.js';
import { pluginStateLabel, shortStateLabel, statePath } from './state-labels.js';
import type {
  ActorMessage,
  EventMessage,
  SnapshotMessage,
  WireEvent,
  WireMessage,
  WireSnapshot,
} from './wire-messages.js';

/** An actor as the page knows it. */
export interface PageActor {
  readonly sessionId: string;
  readonly parentSessionId: string | null;
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
export interface EventEntry {
  readonly sequence: number;
  readonly at: number;
  readonly sessionId: string;
  /** The path of the actor that it happened to. */
  readonly path: string;
  readonly event: WireEvent;
  /** The path of the actor that sent it, where one did. */
  readonly source: string | null;
  /** How it changed the actor's state, if it did. */
  readonly change: { readonly from: string; readonly to: string } | null;
}

/** Everything that the page knows. */
export interface PageState {
  /** Every living actor, and roots that have ended, parents before their children. */
  actors(): readonly PageActor[];
  find(session: string): PageActor | undefined;
  /** The newest happenings, oldest first. */
  events(): readonly EventEntry[];
  apply(message: WireMessage): void;
  clear(): void;
}

/** How many happenings the page remembers. */
const maxEvents = 1000;

/** How far back the event that led to a snapshot is looked for. */
const maxLookback = 100;

export function createPageState(): PageState {
  const actors = new Map<string, PageActor>();
  /** Paths outlive their actors: what has happened to them is still to be read. */
  const paths = new Map<string, string>();
  const charts = new Map<string, Chart | null>();
  let entries: EventEntry[] = [];
  let count = 0;

  const addEntry = (entry: Omit<EventEntry, 'sequence'>): void => {
    count += 1;
    entries.push({ ...entry, sequence: count });
    if (entries.length > maxEvents * 1.5) {
      entries = entries.slice(-maxEvents);
      removeOldPaths();
    }
  };

  const removeOldPaths = (): void => {
    const known = new Set([...actors.keys(), ...entries.map(({ sessionId }) => sessionId)]);
    for (const session of paths.keys()) if (!known.has(session)) paths.delete(session);
  };

  const chartFor = (definition: string): Chart | null => {
    const known = charts.get(definition);
    if (known !== undefined) return known;
    const chart = readChart(definition);
    charts.set(definition, chart);
    return chart;
  };

  const applyActor = ({ sessionId, parentId, name, definition, snapshot, createdAt }: ActorMessage): void => {
    const parentPath = parentId === undefined ? undefined : paths.get(parentId);
    const path = parentPath === undefined ? name : `${parentPath}/${name}`;
    paths.set(sessionId, path);
    if (!isAlive(snapshot) && parentId !== undefined) return;
    removeEndedRoots(parentId, name);
    actors.set(sessionId, {
      sessionId,
      parentSessionId: parentId ?? null,
      name,
      path,
      chart: chartFor(definition),
      snapshot,
      since: Number(createdAt),
    });
  };

  /** A root that has ended is shown until the like of it comes. */
  const removeEndedRoots = (parentId: string | undefined, name: string): void => {
    if (parentId !== undefined) return;
    for (const actor of actors.values()) {
      if (actor.parentSessionId === null && actor.name === name && !isAlive(actor.snapshot))
        actors.delete(actor.sessionId);
    }
  };

  const applyEvent = ({ sessionId, sourceId, event, createdAt }: EventMessage): void => {
    addEntry({
      at: Number(createdAt),
      sessionId,
      path: paths.get(sessionId) ?? sessionId,
      event,
      source: sourceId === undefined ? null : (paths.get(sourceId) ?? sourceId),
      change: null,
    });
  };

  const applySnapshot = ({ sessionId, event, snapshot, createdAt }: SnapshotMessage): void => {
    const actor = actors.get(sessionId);
    const at = Number(createdAt);
    if (actor === undefined) return;
    const [from, to] = [stateLabel(actor), stateLabel({ ...actor, snapshot })];
    const isStateChange = statePath(actor.snapshot.value) !== statePath(snapshot.value);
    if (actor.chart !== null && from !== '' && from !== to) recordChange(actor, at, event, { from, to });
    if (isAlive(snapshot))
      actors.set(sessionId, { ...actor, snapshot, since: isStateChange ? at : actor.since });
    else removeActor({ ...actor, snapshot, since: at });
  };

  const removeActor = (actor: PageActor): void => {
    if (actor.parentSessionId !== null) {
      actors.delete(actor.sessionId);
      return;
    }
    actors.set(actor.sessionId, actor);
    for (const other of [...actors.values()].filter((other) => isWithin(other, actor)))
      actors.delete(other.sessionId);
  };

  const isWithin = (actor: PageActor, root: PageActor): boolean => {
    const parent = actor.parentSessionId === null ? undefined : actors.get(actor.parentSessionId);
    return parent !== undefined && (parent.sessionId === root.sessionId || isWithin(parent, root));
  };

  /** The event that made the change is told already, before whatever it led to; only a start is not. */
  const recordChange = (
    actor: PageActor,
    at: number,
    event: WireEvent,
    change: EventEntry['change'],
  ): void => {
    const { sessionId, path } = actor;
    const since = Math.max(0, entries.length - maxLookback);
    for (let index = entries.length - 1; index >= since; index -= 1) {
      const entry = entries[index] as EventEntry;
      if (entry.sessionId !== sessionId || entry.event.type !== event.type) continue;
      if (entry.change === null) entries[index] = { ...entry, change };
      return;
    }
    addEntry({ at, sessionId, path, event, source: null, change });
  };

  return {
    actors: () => [...actors.values()],
    find: (session) => actors.get(session),
    events: () => entries.slice(-maxEvents),
    apply(message) {
      switch (message.type) {
        case '@xstate.actor':
          applyActor(message);
          return;
        case '@xstate.event':
          applyEvent(message);
          return;
        case '@xstate.snapshot':
          applySnapshot(message);
      }
    },
    clear() {
      actors.clear();
      paths.clear();
      entries = [];
    },
  };
}

/** The one word, or path, for where an actor is. */
export function stateLabel({ chart, snapshot }: Pick<PageActor, 'chart' | 'snapshot'>): string {
  const { status, value, context } = snapshot;
  if (status === 'error') return 'error';
  // A machine's first snapshot is still on its way.
  if (value === undefined) return chart !== null && status === 'active' ? '' : status;
  return chart?.id === 'plugin' ? pluginStateLabel(value, context) : shortStateLabel(value);
}

export function isAlive({ status }: WireSnapshot): boolean {
  return status === 'active';
}

function readChart(definition: string): Chart | null {
  const parsed = JSON.parse(definition) as StateDefinition;
  return parsed.states === undefined ? null : chartOfDefinition(parsed);
}
