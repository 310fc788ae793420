import type { AnyActorRef } from 'xstate';
import type { SupervisorSpec } from '../../model/index.js';
import { pluginRef, supervisorId, supervisorRef, type ActorRegistry } from '../actor-registry.js';
import { shardId } from './children.js';
import { sendToPlugin, type Enqueue, type SupervisorEnqueue } from './commands.js';
import type {
  SubtreeClearedEvent,
  Child,
  ChildSpec,
  ShardEvent,
  SupervisorChild,
  SupervisorCommand,
  SupervisorContext,
  SupervisorInput,
} from './types.js';

interface EnqueueSpawn extends Enqueue {
  spawnChild(
    actor: 'supervisor',
    options: { readonly id: string; readonly systemId: string; readonly input: SupervisorInput },
  ): void;
}

/** The id of the child actor in which a child runs: the child's own, or that of its shard. */
export function actorIdOf(child: Child): string {
  if (child.kind === 'supervisor') return supervisorId(child.id);
  return child.shard === 0 ? child.id : shardId(child.shard);
}

/** Reports the new actor of a plugin; its state has changed, too. */
export function reportSpawned(enqueue: SupervisorEnqueue, plugin: string): void {
  enqueue.sendParent({ type: 'plugin.spawned', plugin });
  enqueue.raise({ type: 'plugin.changed', plugin });
}

/** Ends the plugins of a shard that failed, and spawns them again in the one that has taken its place. */
export function refillShard(
  enqueue: SupervisorEnqueue,
  system: ActorRegistry,
  children: readonly Child[],
  shard: string,
): void {
  for (const child of children) {
    if (child.kind !== 'plugin' || actorIdOf(child) !== shard) continue;
    const { id, bundle, policy } = child;
    const generation = generationOf(system, id);
    sendToPlugin(enqueue, system, id, { type: 'plugin.remove' });
    const spawn: ShardEvent = { type: 'shard.spawn', id, input: { bundle, policy, generation } };
    enqueue.sendTo(shard, spawn);
    reportSpawned(enqueue, id);
  }
}

/**
 * Ends the plugins of a supervisor that failed with an internal error, directly, as it takes no commands any more. Then
 * `self` gets `subtree.cleared`, to spawn the same subtree again. Returns the ids of those plugins.
 */
export function clearSubtree(
  enqueue: Enqueue,
  system: ActorRegistry,
  self: AnyActorRef,
  child: SupervisorChild,
  failed: AnyActorRef,
): readonly string[] {
  const plugins: string[] = [];
  const specOf = (known: Child): ChildSpec => {
    if (known.kind === 'supervisor') return subtreeOf(known, supervisorRef(system, known.id));
    const { kind, id, after, significant, bundle, policy } = known;
    plugins.push(id);
    return { kind, id, after, significant, bundle, policy, generation: generationOf(system, id) };
  };
  const subtreeOf = (
    known: SupervisorChild,
    ref: AnyActorRef | undefined,
  ): SubtreeClearedEvent['subtree'] => {
    const context = (ref?.getSnapshot() as { readonly context: SupervisorContext } | undefined)?.context;
    const children = (context?.children ?? []).map(specOf);
    return { ...known, children };
  };
  const cleared: SubtreeClearedEvent = { type: 'subtree.cleared', subtree: subtreeOf(child, failed) };
  for (const id of plugins) sendToPlugin(enqueue, system, id, { type: 'plugin.remove' });
  enqueue.sendTo(self, cleared);
  return plugins;
}

/** Spawns a supervisor with its children. `children` left out: its parent sends them later. */
export function spawnSupervisor(
  enqueue: EnqueueSpawn,
  spec: SupervisorSpec,
  startConcurrency: number,
  children?: readonly ChildSpec[],
): void {
  const id = supervisorId(spec.name);
  enqueue.spawnChild('supervisor', { id, systemId: id, input: { spec, startConcurrency } });
  if (children === undefined) return;
  const command: SupervisorCommand = { type: 'supervisor.children', children };
  enqueue.sendTo(id, command);
}

function generationOf(system: ActorRegistry, plugin: string): number {
  return pluginRef(system, plugin)?.getSnapshot().context.generation ?? 0;
}
