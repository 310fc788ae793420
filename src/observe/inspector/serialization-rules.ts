import { nameOf, guardLabel } from '../chart/labels.js';
import { redactSecrets } from './redact.js';
import { serialize, type JsonValue, type SerializeRules } from './serialize.js';

/** For contexts, events and outputs; the limits bound the size of a message. */
const dataRules: SerializeRules = {
  maxValues: 3000,
  maxPerContainer: 100,
  maxDepth: 12,
  maxTextLength: 10_000,
  serializeFunction: () => undefined,
  redact: redactSecrets,
};

/** A context, event or output as JSON, without secrets. */
export function serializeData(value: unknown): JsonValue {
  return serialize(value, dataRules);
}

/** For definitions: they hold no secrets except in their context; functions are shown by name. */
const definitionRules: SerializeRules = {
  maxValues: 20_000,
  maxPerContainer: 1000,
  maxDepth: 60,
  maxTextLength: 10_000,
  serializeFunction: (fn) => ({ type: 'guards' in fn ? guardLabel(fn) : nameOf(fn) }),
  redact: (key) => (key === 'context' ? {} : undefined),
};

/** A machine's config as JSON text, as in Stately's inspection protocol. */
export function serializeDefinition(config: object): string {
  return JSON.stringify(serialize(config, definitionRules));
}
