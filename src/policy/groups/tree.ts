import { rootGroup, type SupervisorSpec } from '../../model/index.js';
import type { StartPlan } from '../scheduling/dependencies.js';

/** A supervisor and all below it. Children are in start order. */
export interface Subtree {
  readonly spec: SupervisorSpec;
  readonly children: readonly SubtreeChild[];
}

/** A child of a supervisor in the tree. */
export type SubtreeChild =
  | { readonly kind: 'plugin'; readonly id: string; readonly after: readonly string[] }
  | {
      readonly kind: 'supervisor';
      readonly id: string;
      readonly after: readonly string[];
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
  for (let up = parents.get(name); up !== undefined && up !== null; up = parents.get(up)) {
    if (up === name) return path;
    if (path.includes(up)) return null;
    path.push(up);
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
  const last = placements.length;
  return subtreeOf(rootGroup).subtree;

  function subtreeOf(name: string): { subtree: Subtree; plugins: readonly string[] } {
    const spec = specs.find((known) => known.name === name) ?? specs[0];
    if (spec === undefined) throw new Error('A tree needs the specification of its root.');
    const groups = specs.filter(({ parent }) => parent === name).map((group) => subtreeOf(group.name));
    const entries = [
      ...placements
        .filter(({ group }) => group === name)
        .map(({ id }) => ({ id, plugins: [id], subtree: null })),
      ...groups.map(({ subtree, plugins }) => ({ id: subtree.spec.name, plugins, subtree })),
    ].sort((a, b) => firstOf(a.plugins) - firstOf(b.plugins));
    const children = entries.map(({ id, plugins, subtree }, index): SubtreeChild => {
      const after = precedingOf(spec, plugins, entries, index);
      return subtree === null ? { kind: 'plugin', id, after } : { kind: 'supervisor', id, after, subtree };
    });
    return { subtree: { spec, children }, plugins: entries.flatMap((entry) => entry.plugins) };
  }

  function precedingOf(
    { strategy }: SupervisorSpec,
    plugins: readonly string[],
    entries: readonly { readonly id: string; readonly plugins: readonly string[] }[],
    index: number,
  ): readonly string[] {
    const needed = new Set(plugins.flatMap((id) => plan.needs.get(id) ?? []));
    if (strategy === 'one-for-one' && needed.size === 0) return [];
    const before = entries.slice(0, index);
    const preceding =
      strategy === 'one-for-one'
        ? before.filter((entry) => entry.plugins.some((id) => needed.has(id)))
        : before;
    return preceding.map(({ id }) => id);
  }

  function firstOf(plugins: readonly string[]): number {
    return Math.min(...plugins.map((id) => position.get(id) ?? last), last);
  }
}

/**
 * For each plugin, the plugins that it starts after and is stopped before: what it requires, and what its groups start
 * earlier. It never contradicts the start order.
 */
export function precedence(tree: Subtree, plan: StartPlan): ReadonlyMap<string, readonly string[]> {
  const place = new Map(plan.order.map((id, index) => [id, index]));
  const after = new Map(plan.order.map((id) => [id, new Set(plan.needs.get(id))]));
  walk(tree);
  return new Map([...after].map(([id, before]) => [id, [...before]]));

  function walk({ spec, children }: Subtree): readonly string[] {
    const before: string[] = [];
    for (const child of children) {
      const plugins = child.kind === 'plugin' ? [child.id] : walk(child.subtree);
      if (spec.strategy !== 'one-for-one')
        for (const id of plugins)
          for (const other of before)
            if ((place.get(other) ?? 0) < (place.get(id) ?? 0)) after.get(id)?.add(other);
      before.push(...plugins);
    }
    return before;
  }
}
