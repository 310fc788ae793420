import { lengthFault, type TextFault, type TextLimits } from './text-limits.js';

/** A value in a JSON text: where it begins, and what it holds by key or index. */
export interface JsonNode {
  readonly offset: number;
  readonly children: Map<string, JsonNode>;
}

/** The structure of a JSON text, or its faults: the first one of its syntax, or every key that an object has twice. */
export type JsonScan =
  | { readonly ok: true; readonly root: JsonNode }
  | { readonly ok: false; readonly faults: readonly TextFault[] };

interface OpenNode extends JsonNode {
  readonly kind: '{' | '[';
  key: string;
}

interface Scan {
  readonly limits: TextLimits;
  /** The brackets around the current token. */
  readonly open: OpenNode[];
  readonly duplicates: TextFault[];
  expected: Expected;
  root: JsonNode | null;
  nodes: number;
}

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing';

/**
 * Reads the structure of a JSON text without recursion and within limits. `JSON.parse` accepts every text that has no
 * fault here, apart from doubled keys; its own message names no position for most faults.
 */
export function scanJson(text: string, limits: TextLimits): JsonScan {
  const tooLong = lengthFault(text, limits);
  if (tooLong !== null) return { ok: false, faults: [tooLong] };
  const scan: Scan = { limits, open: [], duplicates: [], expected: 'value', root: null, nodes: 0 };
  for (let offset = skipSpace(text, 0); offset < text.length; offset = skipSpace(text, offset)) {
    const end = tokenEnd(text, offset);
    if (end === offset) return { ok: false, faults: [{ offset, message: describeUnexpected(text, offset) }] };
    const message = step(scan, text.slice(offset, end), offset);
    if (message !== null) return { ok: false, faults: [{ offset, message }] };
    offset = end;
  }
  if (scan.root === null || scan.expected !== 'nothing') {
    const message = `the text ends too early, ${expectations[scan.expected]}`;
    return { ok: false, faults: [{ offset: text.trimEnd().length, message }] };
  }
  return scan.duplicates.length > 0 ? { ok: false, faults: scan.duplicates } : { ok: true, root: scan.root };
}

/** Takes one token; answers what is wrong with it. */
function step(scan: Scan, token: string, offset: number): string | null {
  const { expected, open } = scan;
  const sign = token.charAt(0);
  if (sign === '{' || sign === '[')
    return expectsValue(expected) ? openNode(scan, sign, offset) : unexpected();
  if (sign === '}' || sign === ']') {
    if (!expected.endsWith('or end') || sign !== closingOf(open)) return unexpected();
    open.pop();
    scan.expected = afterValue(open);
    return null;
  }
  if (sign === ':' || sign === ',') {
    if (expected !== (sign === ':' ? 'colon' : 'comma or end')) return unexpected();
    scan.expected = sign === ',' && open.at(-1)?.kind === '{' ? 'key' : 'value';
    return null;
  }
  if (sign === '"' && expected.startsWith('key')) return takeKey(scan, token, offset);
  if (!expectsValue(expected)) return unexpected();
  scan.expected = afterValue(open);
  return addNode(scan, { offset, children: noChildren });

  function unexpected(): string {
    return `unexpected ${token.slice(0, 20)}, ${expectations[expected]}`;
  }
}

const noChildren: Map<string, JsonNode> = new Map();

function openNode(scan: Scan, kind: '{' | '[', offset: number): string | null {
  const { depth } = scan.limits;
  const node: OpenNode = { offset, children: new Map(), kind, key: '' };
  const problem = addNode(scan, node);
  scan.open.push(node);
  scan.expected = kind === '{' ? 'key or end' : 'value or end';
  return scan.open.length > depth ? `this is nested more than ${depth} levels deep` : problem;
}

function takeKey(scan: Scan, token: string, offset: number): string | null {
  const parent = scan.open.at(-1);
  if (parent === undefined) return null;
  parent.key = JSON.parse(token) as string;
  if (parent.children.has(parent.key)) scan.duplicates.push({ offset, message: 'this key was given before' });
  scan.expected = 'colon';
  return count(scan);
}

function addNode(scan: Scan, node: JsonNode): string | null {
  const parent = scan.open.at(-1);
  if (parent === undefined) scan.root = node;
  else parent.children.set(parent.kind === '{' ? parent.key : String(parent.children.size), node);
  return count(scan);
}

function count(scan: Scan): string | null {
  scan.nodes += 1;
  const { nodes } = scan.limits;
  return scan.nodes > nodes ? `the text has more than ${nodes} keys and values` : null;
}

function expectsValue(expected: Expected): boolean {
  return expected === 'value' || expected === 'value or end';
}

function afterValue(open: readonly OpenNode[]): Expected {
  return open.length === 0 ? 'nothing' : 'comma or end';
}

function closingOf(open: readonly OpenNode[]): string {
  return open.at(-1)?.kind === '{' ? '}' : ']';
}

const expectations: Readonly<Record<Expected, string>> = {
  value: 'a value was expected',
  'value or end': 'a value or ] was expected',
  key: 'a key in double quotes was expected',
  'key or end': 'a key in double quotes or } was expected',
  colon: 'a colon was expected',
  'comma or end': 'a comma or a closing bracket was expected',
  nothing: 'the end was expected',
};

const literal = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const escape = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Where the token ends that begins at `from`; `from` itself where there is none. */
function tokenEnd(text: string, from: number): number {
  if ('{}[]:,'.includes(text.charAt(from))) return from + 1;
  if (text.charAt(from) === '"') return stringEnd(text, from);
  literal.lastIndex = from;
  return from + (literal.exec(text)?.[0].length ?? 0);
}

/** Not one regular expression: for a long string it would need a stack of its own length. */
function stringEnd(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code < 0x20) return from;
    if (code !== 0x5c) continue;
    escape.lastIndex = at;
    const length = escape.exec(text)?.[0].length;
    if (length === undefined) return from;
    at += length - 1;
  }
  return from;
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
