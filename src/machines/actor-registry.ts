import type { ActorRefFrom, AnyActorRef } from 'xstate';
import type { PluginEffects } from './effects.js';
import type { PluginMachine } from './plugin/machine.js';
import { maySignal } from './plugin/reattach.js';
import type { PluginContext, PluginInput } from './plugin/types.js';

export type PluginRef = ActorRefFrom<PluginMachine>;

/** Plugins are registered in the actor system by their ids, supervisors by this name: no id holds a colon. */
export function supervisorId(name: string): string {
  return `group:${name}`;
}

/** The part of XState's actor system that finds actors by their names. */
export interface ActorRegistry {
  get(key: string): AnyActorRef | undefined;
}

/** The actor of a plugin, wherever in the tree it lives. */
export function pluginRef(system: ActorRegistry, id: string): PluginRef | undefined {
  return system.get(id) as PluginRef | undefined;
}

/** The actor of a supervisor, wherever in the tree it lives. */
export function supervisorRef(system: ActorRegistry, name: string): AnyActorRef | undefined {
  return system.get(supervisorId(name));
}

/** What the successor of an actor that broke begins with. */
export function replacementInput({ bundle, policy, generation }: PluginContext): PluginInput {
  return { bundle, policy, generation };
}

/** XState does not end the children of an actor that broke: its process would outlive it. */
export function killProcessOf(context: PluginContext, effects: PluginEffects): void {
  const { generation, process, bundle } = context;
  if (process === null || !maySignal(context)) return;
  effects.signal({ plugin: bundle.manifest.id, generation, process, signal: 'SIGKILL' }).subscribe();
}
