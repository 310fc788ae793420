/** Where a text stops being JSON, and what stands there. */
export interface JsonSyntaxError {
  readonly offset: number;
  readonly message: string;
}

const token =
  /([{}[\]:,])|("[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy;

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing';

/**
 * The first fault of a text that `JSON.parse` refused, or `null` when there is none. Node's own message names no
 * position for most faults, and a YAML reader accepts much that is not JSON (comments, last commas, bare words).
 */
export function findJsonSyntaxError(text: string): JsonSyntaxError | null {
  const open: string[] = [];
  let expected: Expected = 'value';
  let offset = skipSpace(text, 0);
  while (offset < text.length) {
    token.lastIndex = offset;
    const [whole, sign, string] = token.exec(text) ?? [];
    if (whole === undefined) return { offset, message: describeUnexpected(text, offset) };
    const next = step(expected, sign ?? (string === undefined ? 'literal' : 'string'), open);
    if (next === null) return { offset, message: `unexpected ${whole.slice(0, 20)}, ${wanted(expected)}` };
    expected = next;
    offset = skipSpace(text, offset + whole.length);
  }
  if (expected === 'nothing') return null;
  return { offset: text.trimEnd().length, message: `the text ends too early, ${wanted(expected)}` };
}

/** What may follow a token, or `null` when the token may not stand here. Keeps `open`, the brackets around. */
function step(expected: Expected, kind: string, open: string[]): Expected | null {
  const takesValue = expected === 'value' || expected === 'value or end';
  if (takesValue && (kind === '{' || kind === '[')) {
    open.push(kind);
    return kind === '{' ? 'key or end' : 'value or end';
  }
  if (takesValue && (kind === 'string' || kind === 'literal')) return afterValue(open);
  if ((expected === 'key' || expected === 'key or end') && kind === 'string') return 'colon';
  if (expected === 'colon' && kind === ':') return 'value';
  if (expected === 'comma or end' && kind === ',') return open.at(-1) === '{' ? 'key' : 'value';
  const closes = open.at(-1) === '{' ? '}' : ']';
  if (expected.endsWith('or end') && kind === closes) {
    open.pop();
    return afterValue(open);
  }
  return null;
}

function afterValue(open: readonly string[]): Expected {
  return open.length === 0 ? 'nothing' : 'comma or end';
}

function wanted(expected: Expected): string {
  const words: Record<Expected, string> = {
    value: 'a value was expected',
    'value or end': 'a value or ] was expected',
    key: 'a key in double quotes was expected',
    'key or end': 'a key in double quotes or } was expected',
    colon: 'a colon was expected',
    'comma or end': 'a comma or a closing bracket was expected',
    nothing: 'the end was expected',
  };
  return words[expected];
}

function describeUnexpected(text: string, offset: number): string {
  const rest = text.slice(offset, offset + 20);
  if (rest.startsWith('"'))
    return 'a string that is not closed, or holds a raw control character or a wrong escape';
  if (rest.startsWith('//') || rest.startsWith('/*') || rest.startsWith('#')) return 'JSON has no comments';
  if (rest.startsWith("'")) return 'JSON strings stand in double quotes';
  return `unexpected ${/^[\w$.+-]+/.exec(rest)?.[0] ?? String.fromCodePoint(text.codePointAt(offset) ?? 0)}`;
}

function skipSpace(text: string, from: number): number {
  let offset = from;
  while (offset < text.length && ' \t\r\n'.includes(text.charAt(offset))) offset += 1;
  return offset;
}
