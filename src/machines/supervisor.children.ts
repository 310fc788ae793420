import type { AnyActorRef } from 'xstate';
import { cleanSlate } from '../policy/index.js';
import type { PluginRef } from './hosting.js';
import type { PluginInput } from './plugin.types.js';
import { shelfSize } from './shelf.js';
import type {
  Child,
  ChildSpec,
  PluginChild,
  SupervisorChild,
  SupervisorContext,
} from './supervisor.types.js';

/** No plugin has such an id. */
export function shelfId(shelf: number): string {
  return `shelf:${shelf}`;
}

/** Whether it is a plugin whose actor is a child of this shelf. */
export function isOnShelf(child: Child, actorId: string): child is PluginChild {
  return child.kind === 'plugin' && child.shelf > 0 && shelfId(child.shelf) === actorId;
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

/** What a branch whose supervisor broke is to be grown again from, and the plugins whose actors go first. */
export function clearedBranch(
  child: SupervisorChild,
  supervisor: (name: string) => AnyActorRef | undefined,
  plugin: (id: string) => PluginRef | undefined,
  broken: AnyActorRef,
): {
  readonly branch: Extract<ChildSpec, { readonly kind: 'supervisor' }>;
  readonly plugins: readonly string[];
} {
  const plugins: string[] = [];
  const specOf = (known: Child): ChildSpec => {
    const { id, after, significant } = known;
    if (known.kind === 'supervisor') return specOfBranch(known, supervisor(id));
    plugins.push(id);
    const { bundle, policy } = known;
    const generation = plugin(id)?.getSnapshot().context.generation ?? 0;
    return { kind: 'plugin', id, after, significant, bundle, policy, generation };
  };
  const specOfBranch = (known: SupervisorChild, ref: AnyActorRef | undefined) => {
    const { id, after, significant, spec } = known;
    const context = (ref?.getSnapshot() as { readonly context: SupervisorContext } | undefined)?.context;
    return {
      kind: 'supervisor',
      id,
      after,
      significant,
      spec,
      children: (context?.children ?? []).map(specOf),
    } as const;
  };
  return { branch: specOfBranch(child, broken), plugins };
}
