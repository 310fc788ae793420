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
  type PluginSummaryWithErrorOf,
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
import { sendToPlugin, type Enqueue } from '../supervisor/commands.js';
import { createSupervisorMachine } from '../supervisor/machine.js';
import { clearSubtree } from '../supervisor/respawn.js';
import type { MemberCommand } from '../supervisor/types.js';
import type { SupervisorDependencies } from '../supervisor/setup.js';

export type EnvironmentMachine = ReturnType<typeof createEnvironmentMachine>;

/** What the environment asks of the world. */
export type EnvironmentDependencies = SupervisorDependencies;

/**
 * The desk before the tree: it knows the plugins, lets them start after what they require and not too many at a time,
 * brings them down the other way round, and is stopped only when every process is gone. What follows a crash is the
 * business of the supervisors below.
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
        const { startConcurrency, layout } = context;
        const id = supervisorId(rootGroup);
        enqueue.spawnChild('supervisor', {
          id,
          systemId: id,
          input: { spec: layout.tree.spec, startConcurrency },
        });
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
        const { plugin, policy } = event;
        sendToMember(enqueue, system, context, { type: 'member.setPolicy', plugin, policy });
      }),
      sendChildren: sendTo(supervisorId(rootGroup), ({ context }) => ({
        type: 'supervisor.children',
        children: childSpecs(context.layout.tree, context.members),
      })),

      activate: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.activate') return;
        const { plugin, resumes = false } = event;
        const standing = pluginSummariesIn(system);
        const enlisting = requestStart(context, plugin, standing, false);
        sendStartRequests(enqueue, system, context, enlisting, (id) => ({
          fresh: id !== plugin || !resumes,
          resumes: id === plugin && resumes,
        }));
      }),
      activateAll: enqueueActions(({ context, enqueue, system }) => {
        sendStartRequests(
          enqueue,
          system,
          context,
          requestStartAll(context, pluginSummariesIn(system)),
          asNew,
        );
      }),
      /** What it did before still counts. */
      restart: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.restart') return;
        const { plugin } = event;
        const enlisting = requestStart(context, plugin, pluginSummariesIn(system), true);
        sendToPlugin(enqueue, system, plugin, { type: 'plugin.deactivate' });
        sendStartRequests(enqueue, system, context, enlisting, (id) => ({
          fresh: id !== plugin,
          resumes: false,
        }));
      }),
      grantStartSlots: enqueueActions(({ context, enqueue, system }) => {
        if (context.startQueue.length + context.starting.length === 0) return;
        const standing = pluginSummariesIn(system);
        const { start, wait, reject, ...change } = grantStartSlots(context, standing);
        enqueue.assign(change);
        for (const { id, error } of rejections(reject, standing))
          sendToPlugin(enqueue, system, id, { type: 'plugin.reject', error });
        for (const { id, because } of wait)
          sendToPlugin(enqueue, system, id, { type: 'plugin.wait', because });
        for (const id of start) sendToPlugin(enqueue, system, id, { type: 'plugin.start' });
      }),
      reattach: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.reattach') return;
        const { plugin, config, resumes = false } = event;
        sendToMember(enqueue, system, context, { type: 'member.reattach', plugin, config, resumes });
      }),
      giveUpMember: enqueueActions(({ event, enqueue, system }) => {
        if (event.type !== 'environment.giveUp') return;
        const { plugin, reason, error } = event;
        sendToPlugin(enqueue, system, plugin, { type: 'plugin.giveUp', reason, error });
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
        const going = dueStops(context, pluginSummariesIn(system));
        enqueue.assign({ stopQueue: context.stopQueue.filter((one) => !going.includes(one)) });
        for (const { id, because } of going)
          sendToPlugin(enqueue, system, id, {
            type: 'plugin.deactivate',
            ...(because !== undefined && { because }),
          });
      }),
      checkAllStopped: enqueueActions(({ context, enqueue, system }) => {
        if (isAllStopped(context, pluginSummariesIn(system)))
          enqueue.raise({ type: 'environment.allStopped' });
      }),
      stopTree: sendTo(supervisorId(rootGroup), { type: 'supervisor.stop' }),

      /** Nobody is above the root: the embedder is told, and decides. */
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
        const broken = self.getSnapshot().children[id];
        if (broken === undefined) return;
        enqueue.stopChild(broken);
        const { spec } = context.layout.tree;
        const root = { kind: 'supervisor', id: rootGroup, after: [], significant: false, spec } as const;
        clearSubtree(enqueue, system, self, root, broken);
      }),
      respawn: sendTo(supervisorId(rootGroup), ({ event }) => ({
        type: 'supervisor.children',
        children: event.type === 'subtree.cleared' ? event.subtree.children : [],
      })),
    },
  }).createMachine({
    id: 'environment',
    description: 'The desk before the tree of supervisors, and the registry of its plugins.',
    context: ({ input }) => initialEnvironmentContext(input),
    initial: 'running',
    entry: 'spawnRoot',
    on: {
      'plugin.spawned': { actions: 'emitReport' },
      'supervisor.reported': { actions: 'emitReport' },
      'supervisor.gaveUp': { actions: 'giveUpTree' },
      'subtree.cleared': { actions: ['spawnRoot', 'respawn'] },
      'xstate.error.actor.*': { actions: 'replaceRoot' },
    },
    states: {
      running: {
        description: 'Plugins come, go and are looked after.',
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
          idle: { description: 'Nothing is left to decide until something moves.' },
          drainingMailbox: {
            description: untilMailboxDrained,
            after: { mailboxDrained: { target: 'idle', actions: ['stopNext', 'grantStartSlots'] } },
          },
        },
      },
      stopping: {
        description: 'Every plugin is brought down, whatever requires another one before it.',
        initial: 'drainingMailbox',
        entry: ['stopTree', 'requestStopAll', 'stopNext'],
        on: { 'plugin.changed': '.drainingMailbox', 'environment.allStopped': 'stopped' },
        states: {
          idle: { description: 'Some are on their way down.' },
          drainingMailbox: {
            description: untilMailboxDrained,
            after: { mailboxDrained: { target: 'idle', actions: ['stopNext', 'checkAllStopped'] } },
          },
        },
      },
      stopped: { description: 'No process is left.', type: 'final' },
    },
  });
}

/** What is known of a plugin at this moment. */
function pluginSummariesIn(system: ActorRegistry): PluginSummaryWithErrorOf {
  return (plugin) => {
    const snapshot = pluginRef(system, plugin)?.getSnapshot();
    if (snapshot === undefined)
      return { state: 'idle', wanted: false, queued: null, isSuspended: false, error: null };
    const { wanted, error, queued, suspended } = snapshot.context;
    return { state: pluginState(snapshot), wanted, queued, isSuspended: suspended !== null, error };
  };
}

const asNew = () => ({ fresh: true, resumes: false });

/** Tells plugins that they are wanted, at once or when their turn comes. */
function sendStartRequests(
  enqueue: Enqueue & { assign(change: Partial<EnvironmentContext>): void },
  system: ActorRegistry,
  context: EnvironmentContext,
  { start, wait, change }: StartRequest,
  optionsOf: (plugin: string) => { readonly fresh: boolean; readonly resumes: boolean },
): void {
  enqueue.assign(change);
  for (const plugin of start)
    sendToMember(enqueue, system, context, { type: 'member.activate', plugin, ...optionsOf(plugin) });
  for (const { id: plugin, because } of wait)
    sendToMember(enqueue, system, context, { type: 'member.enqueue', plugin, because, ...optionsOf(plugin) });
}

function sendToMember(
  enqueue: Enqueue,
  system: ActorRegistry,
  { layout }: EnvironmentContext,
  command: MemberCommand,
): void {
  const group = layout.groups.get(command.plugin);
  const supervisor = group === undefined ? undefined : supervisorRef(system, group);
  if (supervisor !== undefined) enqueue.sendTo(supervisor, command);
}
