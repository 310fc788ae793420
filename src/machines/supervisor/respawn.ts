import type { AnyActorRef } from 'xstate';
import { pluginRef, supervisorId, supervisorRef, type ActorRegistry } from '../actor-registry.js';
import { shardId } from './children.js';
import { sendToPlugin, type Enqueue, type EnqueueToParent } from './commands.js';
import type {
  SubtreeClearedEvent,
  Child,
  ChildSpec,
  ShardEvent,
  SupervisorChild,
  SupervisorContext,
  SupervisorEvent,
} from './types.js';

type EnqueueRepair = Enqueue & EnqueueToParent & { raise(event: SupervisorEvent): void };

/** The name of the actor that a supervisor has for a child: its own, or that of the shelf on which it lies. */
export function actorIdOf(child: Child): string {
  if (child.kind === 'supervisor') return supervisorId(child.id);
  return child.shard === 0 ? child.id : shardId(child.shard);
}

/** A plugin has another actor, which is down: that is told like any move. */
export function reportSpawned(enqueue: EnqueueRepair, plugin: string): void {
  enqueue.sendParent({ type: 'plugin.spawned', plugin });
  enqueue.raise({ type: 'plugin.changed', plugin });
}

/** The plugins of a shelf that broke are ended, and lie on the one that has its name now. */
export function refillShard(
  enqueue: EnqueueRepair,
  system: ActorRegistry,
  children: readonly Child[],
  shard: string,
): void {
  for (const child of children) {
    if (child.kind !== 'plugin' || actorIdOf(child) !== shard) continue;
    const { id, bundle, policy } = child;
    const generation = generationOf(system, id);
    sendToPlugin(enqueue, system, id, { type: 'plugin.remove' });
    const place: ShardEvent = { type: 'shard.spawn', id, input: { bundle, policy, generation } };
    enqueue.sendTo(shard, place);
    reportSpawned(enqueue, id);
  }
}

/**
 * Ends the plugins of a supervisor that broke, as nobody looks after them any more, and has what was there grown again
 * by `self` when they are gone. Answers which plugins those were.
 */
export function clearSubtree(
  enqueue: Enqueue,
  system: ActorRegistry,
  self: AnyActorRef,
  child: SupervisorChild,
  broken: AnyActorRef,
): readonly string[] {
  const plugins: string[] = [];
  const specOf = (known: Child): ChildSpec => {
    const { id, after, significant } = known;
    if (known.kind === 'supervisor') return subtreeOf(known, supervisorRef(system, id));
    plugins.push(id);
    const { bundle, policy } = known;
    return { kind: 'plugin', id, after, significant, bundle, policy, generation: generationOf(system, id) };
  };
  const subtreeOf = (
    known: SupervisorChild,
    ref: AnyActorRef | undefined,
  ): SubtreeClearedEvent['subtree'] => {
    const { id, after, significant, spec } = known;
    const context = (ref?.getSnapshot() as { readonly context: SupervisorContext } | undefined)?.context;
    const children = (context?.children ?? []).map(specOf);
    return { kind: 'supervisor', id, after, significant, spec, children };
  };
  const cleared: SubtreeClearedEvent = { type: 'subtree.cleared', subtree: subtreeOf(child, broken) };
  for (const id of plugins) sendToPlugin(enqueue, system, id, { type: 'plugin.remove' });
  enqueue.sendTo(self, cleared);
  return plugins;
}

function generationOf(system: ActorRegistry, plugin: string): number {
  return pluginRef(system, plugin)?.getSnapshot().context.generation ?? 0;
}
