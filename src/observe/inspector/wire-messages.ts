import type { Snapshot } from 'xstate';
import type { ActorLogEntry } from './actor-log.js';
import { serializeData, serializeDefinition } from './serialization-rules.js';

/** The version of Stately's inspection protocol, which is that of @statelyai/inspect. */
const wireVersion = '0.7.2';

/** Creates a function that writes an entry as a JSON message of Stately's inspection protocol. */
export function createMessageWriter(): (entry: ActorLogEntry) => string {
  const definitions = new WeakMap<object, string>();
  const definitionOf = (config: object): string => {
    const text = definitions.get(config) ?? serializeDefinition(config);
    definitions.set(config, text);
    return text;
  };

  return (entry) => {
    const { type, at, actor } = entry;
    const head = {
      type: `@xstate.${type}`,
      sessionId: actor.sessionId,
      rootId: actor.rootSessionId,
      createdAt: String(at),
      id: null,
      _version: wireVersion,
    };
    switch (type) {
      case 'actor':
        return JSON.stringify({
          ...head,
          name: actor.name,
          parentId: actor.parentSessionId,
          definition: actor.config === null ? JSON.stringify({ id: actor.name }) : definitionOf(actor.config),
          snapshot: serializeSnapshot(entry.snapshot),
        });
      case 'event':
        return JSON.stringify({ ...head, event: serializeData(entry.event), sourceId: entry.source });
      case 'snapshot':
        return JSON.stringify({
          ...head,
          event: serializeData(entry.event),
          snapshot: serializeSnapshot(entry.snapshot),
        });
    }
  };
}

/** The public part of a snapshot; properties that begin with `_` are XState's internals. */
function serializeSnapshot(snapshot: Snapshot<unknown> | undefined): object {
  if (snapshot === undefined) return { status: 'active' };
  const { status, value, tags, ...data } = describeSnapshot(snapshot);
  const visibleEntries = Object.entries(data).filter(
    // The entries of a history are state nodes, each with its whole machine.
    ([key, entry]) => entry !== undefined && !key.startsWith('_') && key !== 'historyValue',
  );
  return {
    status,
    ...(value === undefined ? {} : { value, tags, historyValue: {} }),
    ...Object.fromEntries(visibleEntries.map(([key, entry]) => [key, serializeData(entry)])),
  };
}

function describeSnapshot(snapshot: Snapshot<unknown>): Record<string, unknown> {
  const itself = snapshot as { toJSON?: () => unknown };
  return (itself.toJSON === undefined ? snapshot : itself.toJSON()) as Record<string, unknown>;
}
