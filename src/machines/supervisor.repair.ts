import type { AnyActorRef } from 'xstate';
import { pluginRef, supervisorId, supervisorRef, type Registry } from './hosting.js';
import { shelfId } from './supervisor.children.js';
import { tellPlugin, type Enqueue, type EnqueueUp } from './supervisor.orders.js';
import type {
  BranchCleared,
  Child,
  ChildSpec,
  ShelfEvent,
  SupervisorChild,
  SupervisorContext,
  SupervisorEvent,
} from './supervisor.types.js';

type EnqueueRepair = Enqueue & EnqueueUp & { raise(event: SupervisorEvent): void };

/** The name of the actor that a supervisor has for a child: its own, or that of the shelf on which it lies. */
export function actorOf(child: Child): string {
  if (child.kind === 'supervisor') return supervisorId(child.id);
  return child.shelf === 0 ? child.id : shelfId(child.shelf);
}

/** A plugin has another actor, which is down: that is told like any move. */
export function announceAnew(enqueue: EnqueueRepair, plugin: string): void {
  enqueue.sendParent({ type: 'plugin.placed', plugin });
  enqueue.raise({ type: 'plugin.moved', plugin });
}

/** The plugins of a shelf that broke are ended, and lie on the one that has its name now. */
export function refillShelf(
  enqueue: EnqueueRepair,
  system: Registry,
  children: readonly Child[],
  shelf: string,
): void {
  for (const child of children) {
    if (child.kind !== 'plugin' || actorOf(child) !== shelf) continue;
    const { id, bundle, policy } = child;
    const generation = generationOf(system, id);
    tellPlugin(enqueue, system, id, { type: 'plugin.dismiss' });
    const place: ShelfEvent = { type: 'shelf.place', id, input: { bundle, policy, generation } };
    enqueue.sendTo(shelf, place);
    announceAnew(enqueue, id);
  }
}

/**
 * Ends the plugins of a supervisor that broke, as nobody looks after them any more, and has what was there grown again
 * by `self` when they are gone. Answers which plugins those were.
 */
export function clearBranch(
  enqueue: Enqueue,
  system: Registry,
  self: AnyActorRef,
  child: SupervisorChild,
  broken: AnyActorRef,
): readonly string[] {
  const plugins: string[] = [];
  const specOf = (known: Child): ChildSpec => {
    const { id, after, significant } = known;
    if (known.kind === 'supervisor') return branchOf(known, supervisorRef(system, id));
    plugins.push(id);
    const { bundle, policy } = known;
    return { kind: 'plugin', id, after, significant, bundle, policy, generation: generationOf(system, id) };
  };
  const branchOf = (known: SupervisorChild, ref: AnyActorRef | undefined): BranchCleared['branch'] => {
    const { id, after, significant, spec } = known;
    const context = (ref?.getSnapshot() as { readonly context: SupervisorContext } | undefined)?.context;
    const children = (context?.children ?? []).map(specOf);
    return { kind: 'supervisor', id, after, significant, spec, children };
  };
  const cleared: BranchCleared = { type: 'branch.cleared', branch: branchOf(child, broken) };
  for (const id of plugins) tellPlugin(enqueue, system, id, { type: 'plugin.dismiss' });
  enqueue.sendTo(self, cleared);
  return plugins;
}

function generationOf(system: Registry, plugin: string): number {
  return pluginRef(system, plugin)?.getSnapshot().context.generation ?? 0;
}
