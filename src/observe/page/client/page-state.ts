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

/** An actor, as the page shows it. */
export interface PageActor {
  readonly sessionId: string;
  readonly parentSessionId: string | null;
  readonly name: string;
  /** The names from the root to this actor. */
  readonly path: string;
  /** `null` for an actor that is not a state machine. */
  readonly chart: Chart | null;
  readonly snapshot: WireSnapshot;
  /** When it entered its current state, in milliseconds since the epoch. */
  readonly since: number;
}

/** An event that an actor has received. */
export interface EventEntry {
  readonly sequence: number;
  /** In milliseconds since the epoch. */
  readonly at: number;
  readonly sessionId: string;
  /** The path of the actor that received it. */
  readonly path: string;
  readonly event: WireEvent;
  /** The path of the sender; `null` for an event from outside. */
  readonly source: string | null;
  /** The transition that it caused; `null` if the state stayed the same. */
  readonly change: { readonly from: string; readonly to: string } | null;
}

/** The state of the page, built from the messages of the inspector. */
export interface PageState {
  /** All running actors and stopped roots, parents before their children. */
  actors(): readonly PageActor[];
  find(sessionId: string): PageActor | undefined;
  /** The newest events, oldest first. */
  events(): readonly EventEntry[];
  apply(message: WireMessage): void;
  clear(): void;
}

/** How many events are kept. */
const maxEvents = 1000;

/** In how many of the newest entries the event of a snapshot is searched. */
const maxLookback = 100;

/** Creates an empty page state. */
export function createPageState(): PageState {
  const actors = new Map<string, PageActor>();
  /** By session id; a path is kept as long as an entry refers to its actor. */
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
    for (const sessionId of paths.keys()) if (!known.has(sessionId)) paths.delete(sessionId);
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

  /** A stopped root is shown until a root of the same name starts. */
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

  /** The event precedes its snapshot, with other events in between; only the start of an actor has no event. */
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
    find: (sessionId) => actors.get(sessionId),
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

/** The state of an actor in one label, for the tree and the summary. */
export function stateLabel({ chart, snapshot }: Pick<PageActor, 'chart' | 'snapshot'>): string {
  const { status, value, context } = snapshot;
  if (status === 'error') return 'error';
  // The first snapshot of a machine has not arrived yet.
  if (value === undefined) return chart !== null && status === 'active' ? '' : status;
  return chart?.id === 'plugin' ? pluginStateLabel(value, context) : shortStateLabel(value);
}

/** Whether a snapshot is that of a running actor. */
export function isAlive({ status }: WireSnapshot): boolean {
  return status === 'active';
}

function readChart(definition: string): Chart | null {
  const parsed = JSON.parse(definition) as StateDefinition;
  return parsed.states === undefined ? null : chartOfDefinition(parsed);
}
