import { rootGroup, type SupervisorSpec } from '../../src/model/index.js';
import type { SpecifiedPlugin } from './tree-spec.js';

/**
 * Everything that a plugin requires, directly or not, among those that there are; `null` where one is missing or a
 * cycle makes a start impossible. Written again here, as the model must not share a mistake with the code.
 */
export function requirementsOf(
  known: ReadonlyMap<string, Pick<SpecifiedPlugin, 'requires'>>,
  id: string,
  above: readonly string[] = [],
): ReadonlySet<string> | null {
  const requires = known.get(id)?.requires;
  if (requires === undefined || above.includes(id)) return null;
  const needs = new Set<string>();
  for (const other of requires) {
    const further = requirementsOf(known, other, [...above, id]);
    if (further === null) return null;
    needs.add(other);
    for (const one of further) needs.add(one);
  }
  return needs;
}

/** All that require it, directly or not, and can themselves be started. */
export function dependentsOf(
  known: ReadonlyMap<string, Pick<SpecifiedPlugin, 'requires'>>,
  id: string,
): readonly string[] {
  return [...known.keys()].filter((other) => requirementsOf(known, other)?.has(id));
}

/** Those that can be started: what one requires before it, otherwise by id. */
export function startOrder(known: ReadonlyMap<string, Pick<SpecifiedPlugin, 'requires'>>): readonly string[] {
  const order = new Set<string>();
  const addWithRequirements = (id: string): void => {
    if (requirementsOf(known, id) === null) return;
    for (const other of known.get(id)?.requires ?? []) addWithRequirements(other);
    order.add(id);
  };
  for (const id of [...known.keys()].sort()) addWithRequirements(id);
  return [...order];
}

/** The group of a plugin and all groups above it, the nearest first. */
export function groupsAbove(specs: readonly SupervisorSpec[], group: string): readonly string[] {
  const parent = specs.find(({ name }) => name === group)?.parent ?? null;
  return parent === null ? [rootGroup] : [group, ...groupsAbove(specs, parent)];
}

/** The child of a group that a plugin is, or belongs to; `null` where it belongs elsewhere. */
export function childWithin(
  specs: readonly SupervisorSpec[],
  group: string,
  plugin: Pick<SpecifiedPlugin, 'id' | 'group'>,
): string | null {
  const above = groupsAbove(specs, plugin.group);
  const at = above.indexOf(group);
  if (at === -1) return null;
  return at === 0 ? plugin.id : (above[at - 1] ?? null);
}
