import { isCollection, isMap, isScalar, parseDocument, visit } from 'yaml';
import type { Alias, Document, Node, Pair } from 'yaml';
import { scanJson, type JsonNode } from './json-syntax.js';
import type { ManifestProblem } from './manifest-problem.js';
import { manifestLimits, type TextFault, type TextLimits } from './text-limits.js';
import { findYamlExcess } from './yaml-limits.js';
import type { FieldPath } from '../schema/schema-messages.js';

/** A manifest's text as a value, with the place of each field, or all that is wrong with the text. */
export type ManifestText =
  | { readonly ok: true; readonly value: unknown; readonly placeOf: (path: FieldPath) => Place }
  | { readonly ok: false; readonly problems: readonly ManifestProblem[] };

/** A place in a text. Both numbers count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** The most faults of one text that are kept. */
const maxFaults = 100;

/** Reads JSON strictly: no comments, and no key twice in one object. */
export function readJson(text: string, limits: TextLimits = manifestLimits): ManifestText {
  const scan = scanJson(text, limits);
  if (!scan.ok) return refuse(text, scan.faults);
  const placeOf = placesIn(text);
  return {
    ok: true,
    value: JSON.parse(text) as unknown,
    placeOf: (path) => placeOf(jsonOffset(scan.root, path)),
  };
}

/**
 * Reads YAML. A number or boolean in one of the `textFields` (`*` is any key) keeps its spelling,
 * so that `python_version: 3.10` does not become 3.1.
 */
export function readYaml(text: string, textFields: readonly FieldPath[]): ManifestText {
  const excess = findYamlExcess(text, manifestLimits);
  if (excess !== null) return refuse(text, [excess]);
  const document = parse(text);
  const { faults, targets } = inspect(document);
  const errors = document.errors.map(({ pos, message }) => ({ offset: pos[0], message: oneLine(message) }));
  if (errors.length + faults.length > 0) return refuse(text, [...errors, ...faults]);
  for (const path of textFields) keepSpelling(document, path);
  const placeOf = placesIn(text);
  try {
    const value: unknown = document.toJS();
    return { ok: true, value, placeOf: (path) => placeOf(yamlOffset(document, targets, path)) };
  } catch (thrown) {
    // Aliases that multiply beyond measure.
    return refuse(text, [{ offset: 0, message: oneLine(String(thrown)) }]);
  }
}

function refuse(text: string, faults: readonly TextFault[]): ManifestText {
  const placeOf = placesIn(text);
  const problems = faults
    .slice(0, maxFaults)
    .map(({ offset, message }) => ({ ...placeOf(offset), path: '', message }));
  return { ok: false, problems };
}

/**
 * The parser's own search for doubled keys is quadratic, and its pretty messages are slow: both are off. `core` and no
 * `merge`, so that a %YAML directive does not choose other rules.
 */
function parse(text: string): Document.Parsed {
  return parseDocument(text, {
    prettyErrors: false,
    uniqueKeys: false,
    logLevel: 'error',
    schema: 'core',
    merge: false,
  });
}

interface Inspection {
  readonly faults: readonly TextFault[];
  /** The node that each alias stands for. */
  readonly targets: ReadonlyMap<Alias, Node>;
}

/** Finds bad keys and aliases in one walk: `alias.resolve` would walk through the document for each of them. */
function inspect(document: Document): Inspection {
  const faults: TextFault[] = [];
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  const noteAnchor = (node: Node & { anchor?: string | undefined }): void => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
  };
  visit(document, {
    Map(_, map) {
      noteAnchor(map);
      faults.push(...keyFaults(map.items));
    },
    Value(_, node) {
      noteAnchor(node);
    },
    Alias(_, alias, ancestors) {
      const target = anchors.get(alias.source);
      if (target !== undefined && !ancestors.includes(target)) targets.set(alias, target);
      else faults.push(faultAt(alias, 'this alias has no anchor before it, or lies in its own anchor'));
    },
  });
  return { faults, targets };
}

function keyFaults(pairs: readonly Pair[]): TextFault[] {
  const seen = new Set<string>();
  return pairs.flatMap(({ key }) => {
    if (key !== null && !isScalar(key)) return [faultAt(key, 'a key must be plain text')];
    const name = nameOf(key);
    const isDouble = seen.has(name);
    seen.add(name);
    return isDouble ? [faultAt(key, 'this key was given before')] : [];
  });
}

function faultAt(node: unknown, message: string): TextFault {
  return { offset: startOf(node) ?? 0, message };
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
function jsonOffset(root: JsonNode, path: FieldPath): number {
  let node = root;
  for (const key of path)
    node = node.children.get(String(key)) ?? { offset: node.offset, children: new Map() };
  return node.offset;
}

/** `jsonOffset`, of YAML. */
function yamlOffset(document: Document, targets: Inspection['targets'], path: FieldPath): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const key of path) {
    const child = childOf(targets.get(node as Alias) ?? node, key);
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

/** The line and column of an offset. The lines of the text are counted once, at the first question. */
function placesIn(text: string): (offset: number) => Place {
  let starts: number[] | null = null;
  return (offset) => {
    starts ??= [0, ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1)];
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function oneLine(message: string): string {
  return message.replace(/\s+/g, ' ').trim();
}
