import { enqueueActions, sendParent, setup } from 'xstate';
import { replacePlugin, type PluginRef } from '../actor-registry.js';
import type { PluginEffects } from '../effects.js';
import type { PluginMachine } from '../plugin/machine.js';
import type { ShardEvent, SupervisorReportEvent } from './types.js';

/** How many plugins a shard has. XState copies the children of an actor each time the actor spawns one more. */
export const shardSize = 100;

/** Spawns some of the plugins of a large group, so that the cost of one does not grow with their number. */
export function createShardMachine(effects: PluginEffects, plugin: PluginMachine) {
  return setup({
    types: {} as { events: ShardEvent },
    actors: { plugin },
    actions: {
      spawnPlugin: enqueueActions(({ event, enqueue }) => {
        if (event.type !== 'shard.spawn') return;
        const { id, input } = event;
        enqueue.spawnChild('plugin', { id, systemId: id, input });
      }),
      removePlugin: enqueueActions(({ event, enqueue }) => {
        if (event.type === 'shard.remove') enqueue.stopChild(event.id);
      }),
      replaceFailedPlugin: enqueueActions(({ event, enqueue, self }) => {
        if (!('actorId' in event)) return;
        const { actorId: id } = event;
        const failed = (self.getSnapshot().children as Record<string, PluginRef>)[id];
        if (failed === undefined) return;
        const input = replacePlugin(enqueue, failed, effects);
        enqueue.spawnChild('plugin', { id, systemId: id, input });
        enqueue.sendParent({ type: 'plugin.spawned', plugin: id } satisfies SupervisorReportEvent);
        enqueue.sendParent({ type: 'plugin.changed', plugin: id } satisfies SupervisorReportEvent);
      }),
      forward: sendParent(({ event }) => event),
    },
  }).createMachine({
    id: 'shard',
    description: 'Spawns some of the plugins of a large group; their supervisor decides.',
    on: {
      'shard.spawn': { actions: 'spawnPlugin' },
      'shard.remove': { actions: 'removePlugin' },
      'xstate.error.actor.*': { actions: 'replaceFailedPlugin' },
      'plugin.*': { actions: 'forward' },
    },
  });
}
