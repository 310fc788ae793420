import { enqueueActions, sendParent, setup } from 'xstate';
import { killProcessOf, replacementInput, type PluginRef } from '../actor-registry.js';
import type { PluginEffects } from '../effects.js';
import type { PluginMachine } from '../plugin/machine.js';
import type { PluginActorErrorEvent, ShardEvent } from './types.js';

/** How many plugins live side by side: XState copies the children of an actor for each one that it spawns. */
export const shardSize = 100;

/** Holds plugins of a large group, so that the cost of one does not grow with their number. It decides nothing. */
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
      replaceBroken: enqueueActions(({ event, enqueue, self }) => {
        if (!('actorId' in event)) return;
        const broken = (self.getSnapshot().children as Record<string, PluginRef>)[event.actorId];
        if (broken === undefined) return;
        const { context } = broken.getSnapshot();
        enqueue(() => {
          killProcessOf(context, effects);
        });
        enqueue.stopChild(broken);
        enqueue.spawnChild('plugin', {
          id: event.actorId,
          systemId: event.actorId,
          input: replacementInput(context),
        });
        const news: PluginActorErrorEvent = {
          type: 'plugin.actorError',
          plugin: event.actorId,
          error: event.error,
        };
        enqueue.sendParent(news);
      }),
      forward: sendParent(({ event }) => event),
    },
  }).createMachine({
    id: 'shard',
    description: 'Holds plugins of a large group; their supervisor decides.',
    on: {
      'shard.spawn': { actions: 'spawnPlugin' },
      'shard.remove': { actions: 'removePlugin' },
      'xstate.error.actor.*': { actions: 'replaceBroken' },
      'plugin.*': { actions: 'forward' },
    },
  });
}
