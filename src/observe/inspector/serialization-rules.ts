import { nameOf, guardLabel } from '../chart/labels.js';
import { redactSecrets } from './redact.js';
import { serialize, type JsonValue, type SerializeRules } from './serialize.js';

/** Contexts, events and outputs: enough to read, and never so much that a message grows without bound. */
const dataRules: SerializeRules = {
  maxValues: 3000,
  maxPerContainer: 100,
  maxDepth: 12,
  maxTextLength: 10_000,
  serializeFunction: () => undefined,
  redact: redactSecrets,
};

export function serializeData(value: unknown): JsonValue {
  return serialize(value, dataRules);
}

/** Definitions hold no secrets, but functions, which are shown by their names. */
const definitionRules: SerializeRules = {
  maxValues: 20_000,
  maxPerContainer: 1000,
  maxDepth: 60,
  maxTextLength: 10_000,
  serializeFunction: (written) => ({ type: 'guards' in written ? guardLabel(written) : nameOf(written) }),
  redact: (key) => (key === 'context' ? {} : undefined),
};

/** A machine's definition as JSON text, as Stately's inspectors expect it. */
export function serializeDefinition(config: object): string {
  return JSON.stringify(serialize(config, definitionRules));
}
