import { enqueueActions, sendParent, setup } from 'xstate';
import { endProcessOf, successorOf, type PluginRef } from './hosting.js';
import type { PluginEffects } from './plugin.effects.js';
import type { PluginMachine } from './plugin.js';
import type { PluginBroke, ShelfEvent } from './supervisor.types.js';

/** How many plugins live side by side: XState copies the children of an actor for each one that it spawns. */
export const shelfSize = 100;

/** Holds plugins of a large group, so that the cost of one does not grow with their number. It decides nothing. */
export function createShelfMachine(effects: PluginEffects, plugin: PluginMachine) {
  return setup({
    types: {} as { events: ShelfEvent },
    actors: { plugin },
    actions: {
      place: enqueueActions(({ event, enqueue }) => {
        if (event.type !== 'shelf.place') return;
        const { id, input } = event;
        enqueue.spawnChild('plugin', { id, systemId: id, input });
      }),
      clear: enqueueActions(({ event, enqueue }) => {
        if (event.type === 'shelf.clear') enqueue.stopChild(event.id);
      }),
      replaceBroken: enqueueActions(({ event, enqueue, self }) => {
        if (!('actorId' in event)) return;
        const broken = (self.getSnapshot().children as Record<string, PluginRef>)[event.actorId];
        if (broken === undefined) return;
        const { context } = broken.getSnapshot();
        enqueue(() => {
          endProcessOf(context, effects);
        });
        enqueue.stopChild(broken);
        enqueue.spawnChild('plugin', {
          id: event.actorId,
          systemId: event.actorId,
          input: successorOf(context),
        });
        const news: PluginBroke = { type: 'plugin.broke', plugin: event.actorId, error: event.error };
        enqueue.sendParent(news);
      }),
      passOn: sendParent(({ event }) => event),
    },
  }).createMachine({
    id: 'shelf',
    description: 'Holds plugins of a large group; their supervisor decides.',
    on: {
      'shelf.place': { actions: 'place' },
      'shelf.clear': { actions: 'clear' },
      'xstate.error.actor.*': { actions: 'replaceBroken' },
      'plugin.*': { actions: 'passOn' },
    },
  });
}
