import { isAlias, isCollection, isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Alias, Document, Node, Pair } from 'yaml';
import { findJsonSyntaxError } from './json-syntax.js';
import type { ManifestProblem } from './manifest-problem.js';

export type FieldPath = readonly (string | number)[];

/** A manifest's text as a value, with the place of each field, or all that is wrong with the text. */
export type ManifestText =
  | { readonly ok: true; readonly value: unknown; readonly placeOf: (path: FieldPath) => Place }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Reads JSON strictly. Only the places of the fields come from a YAML reader, as all JSON is YAML. */
export function readJson(text: string): ManifestText {
  const lines = new LineCounter();
  const document = parse(text, lines);
  const problemAt = (offset: number, message: string) => ({ ...placeAt(lines, offset), path: '', message });
  try {
    const value: unknown = JSON.parse(text);
    const doubles = findDoubleKeys(document).map((offset) => problemAt(offset, 'this key was given before'));
    if (doubles.length > 0) return { ok: false, problems: doubles };
    const tooDeep = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
    if (tooDeep !== undefined)
      return { ok: false, problems: [problemAt(tooDeep.pos[0], 'this is nested too deeply')] };
    return { ok: true, value, placeOf: (path) => placeAt(lines, offsetOf(document, path)) };
  } catch (thrown) {
    const fault = findJsonSyntaxError(text) ?? { offset: 0, message: String(thrown) };
    return { ok: false, problems: [problemAt(fault.offset, fault.message)] };
  }
}

/**
 * Reads YAML. A number or boolean in one of the `textFields` (`*` is any key) keeps its spelling,
 * so that `python_version: 3.10` does not become 3.1.
 */
export function readYaml(text: string, textFields: readonly FieldPath[]): ManifestText {
  const lines = new LineCounter();
  const document = parse(text, lines);
  const problemAt = (offset: number, message: string) => ({ ...placeAt(lines, offset), path: '', message });
  const problems = [
    ...document.errors.map(({ pos, message }) => problemAt(pos[0], oneLine(message))),
    ...findDoubleKeys(document).map((offset) => problemAt(offset, 'this key was given before')),
    ...findBadAliases(document).map((offset) =>
      problemAt(offset, 'this alias has no anchor before it, or lies in its own anchor'),
    ),
  ];
  if (problems.length > 0) return { ok: false, problems };
  for (const path of textFields) keepSpelling(document, path);
  try {
    const value: unknown = document.toJS();
    return { ok: true, value, placeOf: (path) => placeAt(lines, offsetOf(document, path)) };
  } catch (thrown) {
    // Aliases that multiply beyond measure.
    return { ok: false, problems: [problemAt(0, oneLine(String(thrown)))] };
  }
}

/**
 * The reader's own search for double keys takes minutes for a megabyte of keys, and its pretty messages
 * may exhaust memory on deep nesting: both are off.
 */
function parse(text: string, lineCounter: LineCounter): Document.Parsed {
  return parseDocument(text, { lineCounter, prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
}

function findDoubleKeys(document: Document): number[] {
  const found: number[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items) {
        const name = nameOf(key);
        if (seen.has(name)) found.push(startOf(key) ?? 0);
        seen.add(name);
      }
    },
  });
  return found;
}

function findBadAliases(document: Document): number[] {
  const found: number[] = [];
  visit(document, {
    Alias(_, alias, ancestors) {
      const target = resolveAlias(document, alias);
      if (target === undefined || ancestors.includes(target)) found.push(startOf(alias) ?? 0);
    },
  });
  return found;
}

function resolveAlias(document: Document, alias: Alias): Node | undefined {
  return alias.resolve(document);
}

function keepSpelling(document: Document, path: FieldPath): void {
  const [last, ...before] = path.toReversed();
  const parent = before.length === 0 ? document.contents : document.getIn(before.toReversed(), true);
  if (!isMap(parent)) return;
  for (const { key, value } of parent.items) {
    if (last !== '*' && nameOf(key) !== last) continue;
    if (!isScalar(value) || value.source === undefined) continue;
    if (typeof value.value === 'number' || typeof value.value === 'boolean') value.value = value.source;
  }
}

/** Where a field's value starts; where there is no such field, the nearest thing around it. */
function offsetOf(document: Document, path: FieldPath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    const child = childOf(isAlias(node) ? resolveAlias(document, node) : node, key);
    if (child === undefined) return offset;
    offset = startOf(child.value) ?? startOf(child.key) ?? offset;
    node = child.value;
  }
  return offset;
}

function childOf(node: unknown, key: string | number): { key: unknown; value: unknown } | undefined {
  if (isMap(node)) return node.items.find((pair: Pair) => nameOf(pair.key) === String(key));
  if (!isCollection(node)) return undefined;
  const value = node.items[Number(key)];
  return value === undefined ? undefined : { key: undefined, value };
}

function nameOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  const start: unknown = Array.isArray(range) ? range[0] : undefined;
  return typeof start === 'number' ? start : undefined;
}

function placeAt(lines: LineCounter, offset: number): Place {
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(line, 1), column: Math.max(col, 1) };
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
