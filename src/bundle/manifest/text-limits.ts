/** What a text may hold. It is checked before a parser sees the text, as parsers recurse and multiply. */
export interface TextLimits {
  /** The length of the text, in UTF-16 code units. */
  readonly length: number;
  /** Lists and objects within one another. */
  readonly depth: number;
  /** Values and keys of JSON. */
  readonly nodes: number;
  /** Tokens of YAML, spaces and line ends included. A line `key: value` has 7. */
  readonly yamlTokens: number;
  /** Aliases of YAML. */
  readonly aliases: number;
}

/** The limits of a manifest. At each of them it is read within some 100 ms. */
export const manifestLimits: TextLimits = {
  length: 1024 * 1024,
  depth: 64,
  nodes: 50_000,
  yamlTokens: 10_000,
  aliases: 100,
};

/** The limits of a JSON file of the operator or the host: a lock file of 10,000 plugins, a trace of faults. */
export const largeTextLimits: TextLimits = { ...manifestLimits, length: 8 * 1024 * 1024, nodes: 500_000 };

/** A fault of a text, and its offset in UTF-16 code units. */
export interface TextFault {
  readonly offset: number;
  readonly message: string;
}

/** The fault of a text that is too long; `null` for any other. */
export function lengthFault(text: string, { length }: TextLimits): TextFault | null {
  return text.length > length
    ? { offset: length, message: `the text is longer than ${length} characters` }
    : null;
}
