import type { ActorRefFrom, AnyActorRef } from 'xstate';
import type { PluginEffects } from './effects.js';
import type { PluginMachine } from './plugin/machine.js';
import { maySignal } from './plugin/reattach.js';
import type { PluginContext, PluginInput } from './plugin/types.js';

/** A reference to the actor of a plugin. */
export type PluginRef = ActorRefFrom<PluginMachine>;

/** The system id of a supervisor. Plugins have their own ids there, which never have a colon. */
export function supervisorId(name: string): string {
  return `group:${name}`;
}

/** The part of XState's actor system that finds actors by their system ids. */
export interface ActorRegistry {
  get(key: string): AnyActorRef | undefined;
}

/** The actor of a plugin, anywhere in the tree. */
export function pluginRef(system: ActorRegistry, id: string): PluginRef | undefined {
  return system.get(id) as PluginRef | undefined;
}

/** The actor of a supervisor, anywhere in the tree. */
export function supervisorRef(system: ActorRegistry, name: string): AnyActorRef | undefined {
  return system.get(supervisorId(name));
}

interface EnqueueReplacement {
  (action: () => void): void;
  stopChild(actor: AnyActorRef): void;
}

/**
 * Ends a plugin's actor that failed with an internal error, and kills its process, which XState leaves running. Returns
 * the input of the actor that takes its place.
 */
export function replacePlugin(
  enqueue: EnqueueReplacement,
  failed: PluginRef,
  effects: PluginEffects,
): PluginInput {
  const { context } = failed.getSnapshot();
  const { bundle, policy, generation } = context;
  enqueue(() => {
    killProcessOf(context, effects);
  });
  enqueue.stopChild(failed);
  return { bundle, policy, generation };
}

function killProcessOf(context: PluginContext, effects: PluginEffects): void {
  const { generation, process, bundle } = context;
  if (process === null || !maySignal(context)) return;
  effects.signal({ plugin: bundle.manifest.id, generation, process, signal: 'SIGKILL' }).subscribe();
}
