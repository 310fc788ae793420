import { assign, enqueueActions, sendTo, setup } from 'xstate';
import { rootGroup } from '../../model/index.js';
import {
  dueStops,
  requestStop,
  requestStopAll,
  requestStart,
  requestStartAll,
  isAllStopped,
  grantStartSlots,
  type PluginSummaryOf,
  type StartRequest,
} from '../../policy/index.js';
import { mailboxDrainedMs, untilMailboxDrained } from '../delays.js';
import {
  childSpecs,
  initialEnvironmentContext,
  rejections,
  withMembers,
  withPolicy,
  withoutMember,
} from './context.js';
import type {
  EnvironmentContext,
  EnvironmentEmitted,
  EnvironmentInput,
  EnvironmentMachineEvent,
} from './types.js';
import { pluginRef, supervisorId, supervisorRef, type ActorRegistry } from '../actor-registry.js';
import type { PluginEffects } from '../effects.js';
import { pluginState } from '../plugin/status.js';
import type { PluginCommand } from '../plugin/types.js';
import type { Enqueue } from '../supervisor/commands.js';
import { createSupervisorMachine } from '../supervisor/machine.js';
import { clearSubtree, spawnSupervisor } from '../supervisor/respawn.js';
import type { MemberCommand } from '../supervisor/types.js';
import type { SupervisorDependencies } from '../supervisor/setup.js';

/** The machine of an environment. */
export type EnvironmentMachine = ReturnType<typeof createEnvironmentMachine>;

/** What the environment machine uses besides the effects of plugins. */
export type EnvironmentDependencies = SupervisorDependencies;

/**
 * Knows all plugins, starts them after what they require and within `startConcurrency`, stops them in reverse order,
 * and ends only when every process has. Supervisors decide what follows a crash.
 */
export function createEnvironmentMachine(effects: PluginEffects, dependencies: EnvironmentDependencies) {
  return setup({
    types: {} as {
      context: EnvironmentContext;
      events: EnvironmentMachineEvent;
      input: EnvironmentInput;
      emitted: EnvironmentEmitted;
    },
    actors: { supervisor: createSupervisorMachine(effects, dependencies) },
    delays: { mailboxDrained: mailboxDrainedMs },
    actions: {
      spawnRoot: enqueueActions(({ context, enqueue }) => {
        spawnSupervisor(enqueue, context.layout.tree.spec, context.startConcurrency);
      }),
      addMembers: assign(({ context, event }) =>
        event.type === 'bundles.added' ? withMembers(context, event.bundles) : {},
      ),
      removeMember: assign(({ context, event }) =>
        event.type === 'bundle.removed' ? withoutMember(context, event.plugin) : {},
      ),
      noteMemberPolicy: assign(({ context, event }) =>
        event.type === 'environment.setPolicy' ? withPolicy(context, event.plugin, event.policy) : {},
      ),
      setPolicy: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.setPolicy') return;
        sendToMember(enqueue, system, context, event.plugin, {
          type: 'plugin.setPolicy',
          policy: event.policy,
        });
      }),
      sendChildren: sendTo(supervisorId(rootGroup), ({ context }) => ({
        type: 'supervisor.children',
        children: childSpecs(context.layout.tree, context.members),
      })),

      activate: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.activate') return;
        const { plugin, resumes = false } = event;
        const summaryOf = pluginSummariesIn(system);
        const request = requestStart(context, plugin, summaryOf, false);
        sendStartRequests(enqueue, system, context, request, (id) => {
          const isResumed = resumes && id === plugin;
          return { forgetsFailures: !isResumed, resumes: isResumed };
        });
      }),
      activateAll: enqueueActions(({ context, enqueue, system }) => {
        sendStartRequests(
          enqueue,
          system,
          context,
          requestStartAll(context, pluginSummariesIn(system)),
          () => ({ forgetsFailures: true, resumes: false }),
        );
      }),
      /** The restart history of the plugin stays; what it requires is activated. */
      restart: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.restart') return;
        const { plugin } = event;
        const request = requestStart(context, plugin, pluginSummariesIn(system), true);
        sendToMember(enqueue, system, context, plugin, { type: 'plugin.deactivate' });
        sendStartRequests(enqueue, system, context, request, (id) => ({
          forgetsFailures: id !== plugin,
          resumes: false,
        }));
      }),
      grantStartSlots: enqueueActions(({ context, enqueue, system }) => {
        if (context.startQueue.length + context.starting.length === 0) return;
        const summaryOf = pluginSummariesIn(system);
        const { start, wait, reject, ...change } = grantStartSlots(context, summaryOf);
        enqueue.assign(change);
        for (const { id, error } of rejections(reject, summaryOf))
          sendToMember(enqueue, system, context, id, { type: 'plugin.reject', error });
        for (const { id, because } of wait)
          sendToMember(enqueue, system, context, id, { type: 'plugin.wait', because });
        for (const id of start) sendToMember(enqueue, system, context, id, { type: 'plugin.start' });
      }),
      reattach: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.reattach') return;
        const { plugin, config, resumes = false } = event;
        const command = { type: 'plugin.reattach', config, resumes } as const;
        sendToMember(enqueue, system, context, plugin, command, !resumes);
      }),
      giveUpMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.giveUp') return;
        const { plugin, reason, error } = event;
        sendToMember(enqueue, system, context, plugin, { type: 'plugin.giveUp', reason, error });
      }),
      checkHealth: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.check') return;
        sendToMember(enqueue, system, context, event.plugin, { type: 'plugin.check' });
      }),

      requestStop: assign(({ context, event, system }) =>
        event.type === 'environment.deactivate'
          ? { stopQueue: requestStop(context, event.plugin, pluginSummariesIn(system)) }
          : {},
      ),
      requestStopAll: assign(({ context: { members }, system }) => {
        const plugins = members.map(({ bundle }) => bundle.manifest.id);
        return { stopQueue: requestStopAll(plugins, pluginSummariesIn(system)) };
      }),
      stopNext: enqueueActions(({ context, enqueue, system }) => {
        if (context.stopQueue.length === 0) return;
        const due = dueStops(context, pluginSummariesIn(system));
        enqueue.assign({ stopQueue: context.stopQueue.filter((one) => !due.includes(one)) });
        for (const { id, because } of due)
          sendToMember(enqueue, system, context, id, {
            type: 'plugin.deactivate',
            ...(because !== undefined && { because }),
          });
      }),
      checkAllStopped: enqueueActions(({ context, enqueue, system }) => {
        if (isAllStopped(context, pluginSummariesIn(system)))
          enqueue.raise({ type: 'environment.allStopped' });
      }),
      stopTree: sendTo(supervisorId(rootGroup), { type: 'supervisor.stop' }),

      /** The root has no parent: the embedder gets its report, and decides. */
      giveUpTree: sendTo(supervisorId(rootGroup), { type: 'supervisor.giveUp', withParent: false }),
      emitReport: enqueueActions(({ context, event, enqueue }) => {
        if (event.type === 'plugin.spawned') enqueue.emit(event);
        if (event.type !== 'supervisor.reported') return;
        const spec = context.specs.find(({ name }) => name === event.report.supervisor);
        const escalatesTo = event.report.type === 'supervisor.gaveUp' ? (spec?.parent ?? null) : null;
        enqueue.emit({ ...event, escalatesTo });
      }),
      replaceRoot: enqueueActions(({ context, enqueue, self, system }) => {
        const id = supervisorId(rootGroup);
        const failed = self.getSnapshot().children[id];
        if (failed === undefined) return;
        enqueue.stopChild(failed);
        const { spec } = context.layout.tree;
        const root = { kind: 'supervisor', id: rootGroup, after: [], significant: false, spec } as const;
        clearSubtree(enqueue, system, self, root, failed);
      }),
      respawnChildren: sendTo(supervisorId(rootGroup), ({ event }) => ({
        type: 'supervisor.children',
        children: event.type === 'subtree.cleared' ? event.subtree.children : [],
      })),
    },
  }).createMachine({
    id: 'environment',
    description: 'The start scheduler and the plugin registry above the tree of supervisors.',
    context: ({ input }) => initialEnvironmentContext(input),
    initial: 'running',
    entry: 'spawnRoot',
    on: {
      'environment.check': { actions: 'checkHealth' },
      'plugin.spawned': { actions: 'emitReport' },
      'supervisor.reported': { actions: 'emitReport' },
      'supervisor.gaveUp': { actions: 'giveUpTree' },
      'subtree.cleared': { actions: ['spawnRoot', 'respawnChildren'] },
      'xstate.error.actor.*': { actions: 'replaceRoot' },
    },
    states: {
      running: {
        description: 'Plugins can be added, started and stopped.',
        initial: 'idle',
        on: {
          'bundles.added': { actions: ['addMembers', 'sendChildren'] },
          'bundle.removed': { target: '.drainingMailbox', actions: ['removeMember', 'sendChildren'] },
          'environment.activate': { target: '.drainingMailbox', actions: 'activate' },
          'environment.activateAll': { target: '.drainingMailbox', actions: 'activateAll' },
          'environment.reattach': { target: '.drainingMailbox', actions: 'reattach' },
          'environment.giveUp': { actions: 'giveUpMember' },
          'environment.deactivate': { target: '.drainingMailbox', actions: ['requestStop', 'stopNext'] },
          'environment.restart': { target: '.drainingMailbox', actions: 'restart' },
          'environment.setPolicy': { actions: ['noteMemberPolicy', 'setPolicy'] },
          'environment.stop': 'stopping',
          'plugin.changed': '.drainingMailbox',
        },
        states: {
          idle: { description: 'Nothing to decide until the state of a plugin changes.' },
          drainingMailbox: {
            description: untilMailboxDrained,
            after: { mailboxDrained: { target: 'idle', actions: ['stopNext', 'grantStartSlots'] } },
          },
        },
      },
      stopping: {
        description: 'Every plugin is stopped, after all that require it.',
        initial: 'drainingMailbox',
        entry: ['stopTree', 'requestStopAll', 'stopNext'],
        on: { 'plugin.changed': '.drainingMailbox', 'environment.allStopped': 'stopped' },
        states: {
          idle: { description: 'Waiting for plugins that are stopping.' },
          drainingMailbox: {
            description: untilMailboxDrained,
            after: { mailboxDrained: { target: 'idle', actions: ['stopNext', 'checkAllStopped'] } },
          },
        },
      },
      stopped: { description: 'No plugin has a process.', type: 'final' },
    },
  });
}

/** Reads the present state of plugins from their snapshots. */
function pluginSummariesIn(system: ActorRegistry): PluginSummaryOf {
  return (plugin) => {
    const snapshot = pluginRef(system, plugin)?.getSnapshot();
    if (snapshot === undefined)
      return { state: 'idle', wanted: false, queued: null, isSuspended: false, error: null };
    const { wanted, error, queued, suspended } = snapshot.context;
    return { state: pluginState(snapshot), wanted, queued, isSuspended: suspended !== null, error };
  };
}

/** Starts plugins at once, or queues them for a start slot. */
function sendStartRequests(
  enqueue: Enqueue & { assign(change: Partial<EnvironmentContext>): void },
  system: ActorRegistry,
  context: EnvironmentContext,
  { start, wait, change }: StartRequest,
  optionsOf: (plugin: string) => { readonly forgetsFailures: boolean; readonly resumes: boolean },
): void {
  enqueue.assign(change);
  for (const id of start) {
    const { resumes, forgetsFailures } = optionsOf(id);
    sendToMember(enqueue, system, context, id, { type: 'plugin.activate', resumes }, forgetsFailures);
  }
  for (const { id, because } of wait) {
    const { resumes, forgetsFailures } = optionsOf(id);
    sendToMember(enqueue, system, context, id, { type: 'plugin.enqueue', because, resumes }, forgetsFailures);
  }
}

/** The one route of a command to a plugin: through its supervisor, so that both act on commands in the same order. */
function sendToMember(
  enqueue: Enqueue,
  system: ActorRegistry,
  { layout }: EnvironmentContext,
  plugin: string,
  command: PluginCommand,
  forgetsFailures = false,
): void {
  const group = layout.groups.get(plugin);
  const supervisor = group === undefined ? undefined : supervisorRef(system, group);
  const event: MemberCommand = { type: 'member.command', plugin, command, forgetsFailures };
  if (supervisor !== undefined) enqueue.sendTo(supervisor, event);
}
