import { rootGroup, type Strategy, type SupervisorSpec } from '../../model/index.js';
import type { StartPlan } from '../scheduling/dependencies.js';

/** A supervisor and all below it. Children are in start order. */
export interface Subtree {
  readonly spec: SupervisorSpec;
  readonly children: readonly SubtreeChild[];
}

/**
 * A child of a supervisor in the tree. `after`: the siblings that it starts after, which are found at each iteration, as
 * all of them together would be too large to keep.
 */
export type SubtreeChild =
  | { readonly kind: 'plugin'; readonly id: string; readonly after: Iterable<string> }
  | {
      readonly kind: 'supervisor';
      readonly id: string;
      readonly after: Iterable<string>;
      readonly subtree: Subtree;
    };

/** The group of a plugin. */
export interface PluginPlacement {
  readonly id: string;
  readonly group: string;
}

/** The problems of a set of groups, each as a sentence: unknown parents, and cycles, each of them once. */
export function groupProblems(specs: readonly SupervisorSpec[]): readonly string[] {
  const parents = new Map(specs.map(({ name, parent }) => [name, parent]));
  const problems = specs.flatMap(({ name, parent }) =>
    parent !== null && !parents.has(parent)
      ? [`groups.${name}.parent names the unknown group ${parent}`]
      : [],
  );
  const reported = new Set<string>();
  for (const { name } of specs) {
    const cycle = cycleFrom(name, parents);
    if (cycle === null || reported.has(name)) continue;
    for (const member of cycle) reported.add(member);
    problems.push(`groups: ${[...cycle, name].join(' belongs to ')}`);
  }
  return problems;
}

/** The groups from this one up to itself again; `null`: it is in no cycle. */
function cycleFrom(name: string, parents: ReadonlyMap<string, string | null>): readonly string[] | null {
  const path = [name];
  const seen = new Set(path);
  for (let up = parents.get(name); up !== undefined && up !== null; up = parents.get(up)) {
    if (up === name) return path;
    if (seen.has(up)) return null;
    path.push(up);
    seen.add(up);
  }
  return null;
}

/**
 * The tree of supervisors with their plugins in start order: a plugin comes after what it requires, a group has the
 * position of its first plugin.
 *
 * @param placements The plugins in start order.
 * @throws Error when `specs` is empty.
 */
export function buildTree(
  specs: readonly SupervisorSpec[],
  placements: readonly PluginPlacement[],
  plan: StartPlan,
): Subtree {
  const position = new Map(placements.map(({ id }, index) => [id, index]));
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const groupsOf = listsBy(specs, ({ parent }) => parent);
  const pluginsOf = listsBy(placements, ({ group }) => group);
  return subtreeOf(rootGroup).subtree;

  function subtreeOf(name: string): { subtree: Subtree; plugins: readonly string[] } {
    const spec = byName.get(name) ?? specs[0];
    if (spec === undefined) throw new Error('A tree needs the specification of its root.');
    const groups = (groupsOf.get(name) ?? []).map((group) => subtreeOf(group.name));
    const entries = [
      ...(pluginsOf.get(name) ?? []).map(({ id }) => ({ id, plugins: [id], subtree: null })),
      ...groups.map(({ subtree, plugins }) => ({ id: subtree.spec.name, plugins, subtree })),
    ]
      .map((entry): Entry => ({ ...entry, first: firstOf(entry.plugins) }))
      .sort((a, b) => a.first - b.first);
    const indexOf = new Map(entries.flatMap(({ plugins }, index) => plugins.map((id) => [id, index])));
    const children = entries.map(({ id, plugins, subtree }, index): SubtreeChild => {
      const after = lazily(() => precedingOf(spec, plugins, entries, indexOf, index));
      return subtree === null ? { kind: 'plugin', id, after } : { kind: 'supervisor', id, after, subtree };
    });
    return { subtree: { spec, children }, plugins: entries.flatMap((entry) => entry.plugins) };
  }

  function precedingOf(
    { strategy }: SupervisorSpec,
    plugins: readonly string[],
    entries: readonly Entry[],
    indexOf: ReadonlyMap<string, number>,
    index: number,
  ): readonly string[] {
    if (strategy !== 'one-for-one') return entries.slice(0, index).map(({ id }) => id);
    const needed = new Set(plugins.flatMap((id) => plan.needs.get(id) ?? []));
    const before = new Set([...needed].map((id) => indexOf.get(id) ?? index).filter((each) => each < index));
    return [...before].sort((a, b) => a - b).flatMap((each) => entries[each]?.id ?? []);
  }

  function firstOf(plugins: readonly string[]): number {
    return plugins.reduce((least, id) => Math.min(least, position.get(id) ?? least), placements.length);
  }
}

/** A plugin or a group below a supervisor, with all of its plugins and the position of the first one. */
interface Entry {
  readonly id: string;
  readonly plugins: readonly string[];
  readonly subtree: Subtree | null;
  readonly first: number;
}

function listsBy<Item, Key>(
  items: readonly Item[],
  keyOf: (item: Item) => Key,
): ReadonlyMap<Key, readonly Item[]> {
  const lists = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [item]);
    else list.push(item);
  }
  return lists;
}

function lazily<Item>(find: () => Iterable<Item>): Iterable<Item> {
  return { [Symbol.iterator]: () => find()[Symbol.iterator]() };
}

/**
 * For each plugin, the plugins that it starts after and is stopped before: what it requires, and what its groups start
 * earlier. It never contradicts the start order. It is found at each question.
 */
export function precedence(
  tree: Subtree,
  plan: StartPlan,
): Pick<ReadonlyMap<string, readonly string[]>, 'get'> {
  const place = new Map(plan.order.map((id, index) => [id, index]));
  const places = new Map<string, Place>();
  placesBelow(tree, null);
  return { get: (id) => (place.has(id) ? earlierThan(id) : undefined) };

  function placesBelow({ spec, children }: Subtree, above: Place | null): readonly string[] {
    const plugins: string[] = [];
    for (const child of children) {
      const at: Place = { strategy: spec.strategy, plugins, count: plugins.length, above };
      if (child.kind === 'plugin') places.set(child.id, at);
      for (const id of child.kind === 'plugin' ? [child.id] : placesBelow(child.subtree, at))
        plugins.push(id);
    }
    return plugins;
  }

  function earlierThan(id: string): readonly string[] {
    const own = place.get(id) ?? 0;
    const earlier = new Set(plan.needs.get(id));
    for (let at = places.get(id) ?? null; at !== null; at = at.above)
      if (at.strategy !== 'one-for-one')
        for (const other of at.plugins.slice(0, at.count))
          if ((place.get(other) ?? 0) < own) earlier.add(other);
    return [...earlier];
  }
}

/** Where a plugin or a group is below its supervisor: after the first `count` of its plugins. */
interface Place {
  readonly strategy: Strategy;
  readonly plugins: readonly string[];
  readonly count: number;
  readonly above: Place | null;
}
