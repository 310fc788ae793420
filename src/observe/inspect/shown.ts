import { nameOf, guardInWords } from '../chart-words.js';
import { hideSecrets } from './hidden.js';
import { plain, type Plain, type PlainRules } from './plain.js';

/** Contexts, events and outputs: enough to read, and never so much that a message grows without bound. */
const dataRules: PlainRules = {
  most: 3000,
  mostEach: 100,
  deepest: 12,
  longestText: 10_000,
  showFunction: () => undefined,
  hide: hideSecrets,
};

export function showData(value: unknown): Plain {
  return plain(value, dataRules);
}

/** Definitions hold no secrets, but functions, which are shown by their names. */
const definitionRules: PlainRules = {
  most: 20_000,
  mostEach: 1000,
  deepest: 60,
  longestText: 10_000,
  showFunction: (written) => ({ type: 'guards' in written ? guardInWords(written) : nameOf(written) }),
  hide: (key) => (key === 'context' ? {} : undefined),
};

/** A machine's definition as JSON text, as Stately's inspectors expect it. */
export function showDefinition(config: object): string {
  return JSON.stringify(plain(config, definitionRules));
}
