import type { Snapshot } from 'xstate';
import type { Entry } from './ledger.js';
import { showData, showDefinition } from './shown.js';

/** The version of Stately's wire format that these messages are of. */
const wireVersion = '0.7.2';

/** Writes entries as Stately's inspectors read them: one JSON text each. */
export function createMessages(): (entry: Entry) => string {
  const definitions = new WeakMap<object, string>();
  const definitionOf = (config: object): string => {
    const text = definitions.get(config) ?? showDefinition(config);
    definitions.set(config, text);
    return text;
  };

  return (entry) => {
    const { type, at, actor } = entry;
    const head = {
      type: `@xstate.${type}`,
      sessionId: actor.session,
      rootId: actor.root,
      createdAt: String(at),
      id: null,
      _version: wireVersion,
    };
    switch (type) {
      case 'actor':
        return JSON.stringify({
          ...head,
          name: actor.name,
          parentId: actor.parent,
          definition: actor.config === null ? JSON.stringify({ id: actor.name }) : definitionOf(actor.config),
          snapshot: showSnapshot(entry.snapshot),
        });
      case 'event':
        return JSON.stringify({ ...head, event: showData(entry.event), sourceId: entry.source });
      case 'snapshot':
        return JSON.stringify({
          ...head,
          event: showData(entry.event),
          snapshot: showSnapshot(entry.snapshot),
        });
    }
  };
}

/** A machine's snapshot as it describes itself; any other actor's without what it keeps for its own use. */
function showSnapshot(snapshot: Snapshot<unknown> | undefined): object {
  if (snapshot === undefined) return { status: 'active' };
  const { status, value, tags, ...data } = describe(snapshot);
  const shown = Object.entries(data).filter(
    // What is in a history are state nodes, each with its whole machine.
    ([key, held]) => held !== undefined && !key.startsWith('_') && key !== 'historyValue',
  );
  return {
    status,
    ...(value === undefined ? {} : { value, tags, historyValue: {} }),
    ...Object.fromEntries(shown.map(([key, held]) => [key, showData(held)])),
  };
}

function describe(snapshot: Snapshot<unknown>): Record<string, unknown> {
  const itself = snapshot as { toJSON?: () => unknown };
  return (itself.toJSON === undefined ? snapshot : itself.toJSON()) as Record<string, unknown>;
}
