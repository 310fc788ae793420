import { cleanSlate } from '../policy/index.js';
import type { PluginInput } from './plugin.types.js';
import { shelfSize } from './shelf.js';
import type { Child, ChildSpec, PluginChild } from './supervisor.types.js';

/** No plugin has such an id. */
export function shelfId(shelf: number): string {
  return `shelf:${shelf}`;
}

interface Placement {
  readonly id: string;
  readonly shelf: number;
  readonly input: PluginInput;
}

/** How a supervisor comes from the children it has to those that it is to have. */
export interface Reconciliation {
  /** In the new order; what is known of those that stay is kept. */
  readonly children: readonly Child[];
  readonly placed: readonly Placement[];
  readonly removed: readonly PluginChild[];
  /** The shelves that are needed now and were not before. */
  readonly shelves: readonly number[];
}

export function reconciled(current: readonly Child[], wanted: readonly ChildSpec[]): Reconciliation {
  const known = new Map(current.map((child) => [child.id, child]));
  const staying = new Set(wanted.map(({ id }) => id));
  const removed = current.filter(
    (child): child is PluginChild => child.kind === 'plugin' && !staying.has(child.id),
  );
  const load = new Map<number, number>();
  for (const child of current)
    if (child.kind === 'plugin' && staying.has(child.id))
      load.set(child.shelf, (load.get(child.shelf) ?? 0) + 1);
  const before = Math.max(0, ...current.map((child) => (child.kind === 'plugin' ? child.shelf : 0)));
  let shelf = 0;
  const placed: Placement[] = [];

  const children = wanted.map((spec): Child => {
    const child = known.get(spec.id);
    const { id, after, significant } = spec;
    if (child !== undefined) return { ...child, after, significant };
    if (spec.kind === 'supervisor') return { kind: 'supervisor', id, after, significant, spec: spec.spec };
    const { bundle, policy, generation, remembered } = spec;
    while ((load.get(shelf) ?? 0) >= shelfSize) shelf += 1;
    load.set(shelf, (load.get(shelf) ?? 0) + 1);
    const restarts = remembered?.restarts;
    placed.push({ id, shelf, input: { bundle, policy, generation, restarts } });
    return {
      kind: 'plugin',
      id,
      after,
      significant,
      bundle,
      policy,
      memory: remembered?.memory ?? cleanSlate,
      shelf,
    };
  });
  const needed = Math.max(before, ...placed.map((one) => one.shelf));
  return {
    children,
    placed,
    removed,
    shelves: Array.from({ length: needed - before }, (_, n) => before + n + 1),
  };
}
