import { assign, enqueueActions, setup, stopChild, type ActorRefFrom } from 'xstate';
import type { Bundle, ReattachConfig, SupervisionPolicy } from '../model/index.js';
import { cleanSlate, judgeEnd, type RestartMemory, type RestartVerdict } from '../policy/index.js';
import { createPluginMachine, type PluginMachine } from './plugin.js';
import type { PluginEffects } from './plugin.effects.js';
import { maySignal } from './plugin.reattach.js';
import type { PluginCommand, PluginReport } from './plugin.types.js';

export type EnvironmentMachine = ReturnType<typeof createEnvironmentMachine>;

/** What the supervisor remembers of one child. */
export interface Child {
  readonly ref: ActorRefFrom<PluginMachine>;
  readonly bundle: Bundle;
  readonly policy: SupervisionPolicy;
  readonly memory: RestartMemory;
}

export interface EnvironmentContext {
  readonly children: Readonly<Record<string, Child>>;
  /** While stopping: the plugins whose processes have not ended yet. */
  readonly awaited: readonly string[];
}

export type EnvironmentCommand =
  | {
      readonly type: 'bundle.added';
      readonly bundle: Bundle;
      readonly policy: SupervisionPolicy;
      /** The generations used up before, so that numbers only grow. */
      readonly generation: number;
    }
  | { readonly type: 'bundle.removed'; readonly plugin: string }
  /** An operator wants it to run: its failures are forgotten. */
  | { readonly type: 'environment.activate'; readonly plugin: string }
  /** As `environment.activate`, with a process that runs already. */
  | {
      readonly type: 'environment.reattach';
      readonly plugin: string;
      readonly config: ReattachConfig;
    }
  | { readonly type: 'environment.deactivate'; readonly plugin: string }
  | { readonly type: 'environment.restart'; readonly plugin: string }
  /** From now on it is looked after by this policy; what it did before still counts. */
  | {
      readonly type: 'environment.setPolicy';
      readonly plugin: string;
      readonly policy: SupervisionPolicy;
    }
  | { readonly type: 'environment.stop' };

/** An actor of a child died of a defect; XState tells its parent so. */
export interface ChildBroke {
  readonly type: `xstate.error.actor.${string}`;
  readonly error: unknown;
  readonly actorId: string;
}

export type EnvironmentMachineEvent = EnvironmentCommand | PluginReport | ChildBroke;

/** What the supervisor asks of the world. */
export interface EnvironmentPorts {
  /** In [0, 1). */
  random(): number;
}

/**
 * The root supervisor: it owns the plugins, answers each crash with the verdict of a pure policy, and stops only
 * when every process is gone. One plugin's end never touches another one (one-for-one).
 */
export function createEnvironmentMachine(effects: PluginEffects, ports: EnvironmentPorts) {
  return setup({
    types: {} as { context: EnvironmentContext; events: EnvironmentMachineEvent },
    actors: { plugin: createPluginMachine(effects) },
    guards: { isQuiet: ({ context }) => context.awaited.length === 0 },
    actions: {
      adopt: assign(({ context, event, spawn }) => {
        if (event.type !== 'bundle.added') return {};
        const { bundle, policy, generation } = event;
        const { id } = bundle.manifest;
        const ref = spawn('plugin', { id, input: { bundle, policy, generation } });
        return { children: { ...context.children, [id]: { ref, bundle, policy, memory: cleanSlate } } };
      }),
      release: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'bundle.removed') return;
        const { [event.plugin]: child, ...children } = context.children;
        if (child === undefined) return;
        enqueue(stopChild(child.ref));
        enqueue.assign({ children });
      }),
      replaceBroken: enqueueActions(({ context, event, enqueue }) => {
        if (!('actorId' in event)) return;
        const child = context.children[event.actorId];
        if (child === undefined) return;
        const { bundle, policy } = child;
        const before = child.ref.getSnapshot().context;
        const { generation, process } = before;
        // XState does not end the children of an actor that broke: its process would outlive it.
        if (process !== null && maySignal(before))
          enqueue(() =>
            effects.signal({ plugin: event.actorId, generation, process, signal: 'SIGKILL' }).subscribe(),
          );
        enqueue(stopChild(child.ref));
        enqueue.raise({ type: 'bundle.added', bundle, policy, generation });
      }),
      activate: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'environment.activate') return;
        enqueue.assign({ children: withMemory(context, event.plugin, cleanSlate) });
        tell(context, event.plugin, enqueue, { type: 'plugin.activate' });
      }),
      reattach: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'environment.reattach') return;
        enqueue.assign({ children: withMemory(context, event.plugin, cleanSlate) });
        tell(context, event.plugin, enqueue, { type: 'plugin.reattach', config: event.config });
      }),
      deactivate: enqueueActions(({ context, event, enqueue }) => {
        if (event.type === 'environment.deactivate')
          tell(context, event.plugin, enqueue, { type: 'plugin.deactivate' });
      }),
      restart: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'environment.restart') return;
        tell(context, event.plugin, enqueue, { type: 'plugin.deactivate' });
        tell(context, event.plugin, enqueue, { type: 'plugin.activate' });
      }),
      setPolicy: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'environment.setPolicy') return;
        const { plugin, policy } = event;
        enqueue.assign({ children: withChild(context, plugin, { policy }) });
        tell(context, plugin, enqueue, { type: 'plugin.setPolicy', policy });
      }),
      judge: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'plugin.crashed') return;
        const child = context.children[event.plugin];
        if (child === undefined) return;
        const { verdict, memory } = judgeEnd({
          policy: child.policy.restart,
          exit: event.exit,
          memory: child.memory,
          wasHealthy: event.wasHealthy,
          random: ports.random(),
        });
        enqueue.assign({ children: withMemory(context, event.plugin, memory) });
        enqueue.sendTo(child.ref, sentence(verdict));
      }),
      stopAll: enqueueActions(({ context, enqueue }) => {
        enqueue.assign({ awaited: Object.keys(context.children) });
        for (const plugin of Object.keys(context.children))
          tell(context, plugin, enqueue, { type: 'plugin.deactivate' });
      }),
      noteRest: assign(({ context, event }) =>
        event.type === 'plugin.rested'
          ? { awaited: context.awaited.filter((id) => id !== event.plugin) }
          : {},
      ),
    },
  }).createMachine({
    id: 'environment',
    description: 'The root supervisor and the registry of its plugins.',
    context: { children: {}, awaited: [] },
    initial: 'running',
    on: {
      'plugin.crashed': { actions: 'judge' },
      'xstate.error.actor.*': { actions: 'replaceBroken' },
    },
    states: {
      running: {
        description: 'Plugins come, go and are looked after.',
        on: {
          'bundle.added': { actions: 'adopt' },
          'bundle.removed': { actions: 'release' },
          'environment.activate': { actions: 'activate' },
          'environment.reattach': { actions: 'reattach' },
          'environment.deactivate': { actions: 'deactivate' },
          'environment.restart': { actions: 'restart' },
          'environment.setPolicy': { actions: 'setPolicy' },
          'environment.stop': 'stopping',
        },
      },
      stopping: {
        description: 'Every plugin is brought down.',
        entry: 'stopAll',
        always: { guard: 'isQuiet', target: 'stopped' },
        on: {
          'plugin.rested': { actions: 'noteRest' },
          'bundle.added': { actions: 'adopt' },
        },
      },
      stopped: { description: 'No process is left.', type: 'final' },
    },
  });
}

interface Enqueue {
  sendTo(target: Child['ref'], event: PluginCommand): void;
}

function tell(context: EnvironmentContext, plugin: string, enqueue: Enqueue, command: PluginCommand): void {
  const child = context.children[plugin];
  if (child !== undefined) enqueue.sendTo(child.ref, command);
}

function withMemory(context: EnvironmentContext, plugin: string, memory: RestartMemory) {
  return withChild(context, plugin, { memory });
}

function withChild(context: EnvironmentContext, plugin: string, change: Partial<Child>) {
  const child = context.children[plugin];
  return child === undefined ? context.children : { ...context.children, [plugin]: { ...child, ...change } };
}

function sentence(verdict: RestartVerdict): PluginCommand {
  switch (verdict.verdict) {
    case 'restart':
      return { type: 'plugin.restart', delayMs: verdict.delayMs, attempt: verdict.attempt };
    case 'rest':
      return { type: 'plugin.rest' };
    case 'giveUp':
      return { type: 'plugin.giveUp', reason: verdict.reason };
  }
}
