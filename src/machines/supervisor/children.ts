import { emptyHistory } from '../../policy/index.js';
import type { PluginInput } from '../plugin/types.js';
import { shardSize } from './shard.js';
import type { Child, ChildSpec, PluginChild } from './types.js';

/** The actor id of a shard. No plugin has such an id, as it has a colon. */
export function shardId(shard: number): string {
  return `shard:${shard}`;
}

interface PluginToSpawn {
  readonly id: string;
  readonly shard: number;
  readonly input: PluginInput;
}

/** The difference between the children that a supervisor has and those that it is to have. */
export interface Reconciliation {
  /** In the new order; children that stay keep their histories. */
  readonly children: readonly Child[];
  readonly spawned: readonly PluginToSpawn[];
  readonly removed: readonly PluginChild[];
  /** The numbers of the shards to spawn. */
  readonly shards: readonly number[];
}

/** Finds which children to spawn and to remove, and assigns new plugins to shards. */
export function reconcile(current: readonly Child[], wanted: readonly ChildSpec[]): Reconciliation {
  const known = new Map(current.map((child) => [child.id, child]));
  const staying = new Set(wanted.map(({ id }) => id));
  const removed = current.filter(
    (child): child is PluginChild => child.kind === 'plugin' && !staying.has(child.id),
  );
  const load = new Map<number, number>();
  for (const child of current)
    if (child.kind === 'plugin' && staying.has(child.id))
      load.set(child.shard, (load.get(child.shard) ?? 0) + 1);
  const before = Math.max(0, ...current.map((child) => (child.kind === 'plugin' ? child.shard : 0)));
  let shard = 0;
  const spawned: PluginToSpawn[] = [];

  const children = wanted.map((spec): Child => {
    const child = known.get(spec.id);
    const { id, after, significant } = spec;
    if (child !== undefined) return { ...child, after, significant };
    if (spec.kind === 'supervisor') return { kind: 'supervisor', id, after, significant, spec: spec.spec };
    const { bundle, policy, generation, inherited } = spec;
    while ((load.get(shard) ?? 0) >= shardSize) shard += 1;
    load.set(shard, (load.get(shard) ?? 0) + 1);
    const restarts = inherited?.restarts;
    spawned.push({ id, shard, input: { bundle, policy, generation, restarts } });
    return {
      kind: 'plugin',
      id,
      after,
      significant,
      bundle,
      policy,
      history: inherited?.history ?? emptyHistory,
      shard,
    };
  });
  const needed = Math.max(before, ...spawned.map((one) => one.shard));
  return {
    children,
    spawned,
    removed,
    shards: Array.from({ length: needed - before }, (_, n) => before + n + 1),
  };
}
