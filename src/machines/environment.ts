import { assign, enqueueActions, sendTo, setup } from 'xstate';
import { rootGroup } from '../model/index.js';
import {
  childSpecs,
  departures,
  dismissed,
  dismissedAll,
  enlisted,
  enlistedAll,
  initialDesk,
  turns,
  withoutProcess,
  withMembers,
  withPolicy,
  withoutMember,
  type StandingOf,
} from './environment.desk.js';
import type {
  EnvironmentContext,
  EnvironmentEmitted,
  EnvironmentInput,
  EnvironmentMachineEvent,
} from './environment.types.js';
import { pluginRef, supervisorId, supervisorRef, type Registry } from './hosting.js';
import type { PluginEffects } from './plugin.effects.js';
import { pluginState } from './plugin.status.js';
import { clearedBranch } from './supervisor.children.js';
import { tellPlugin, type Enqueue } from './supervisor.orders.js';
import { createSupervisorMachine } from './supervisor.js';
import type { MemberCommand } from './supervisor.types.js';
import type { SupervisorPorts } from './supervisor.words.js';

export type EnvironmentMachine = ReturnType<typeof createEnvironmentMachine>;

/** What the environment asks of the world. */
export type EnvironmentPorts = SupervisorPorts;

/**
 * The desk before the tree: it knows the plugins, lets them start after what they require and not too many at a time,
 * brings them down the other way round, and is stopped only when every process is gone. What follows a crash is the
 * business of the supervisors below.
 */
export function createEnvironmentMachine(effects: PluginEffects, ports: EnvironmentPorts) {
  return setup({
    types: {} as {
      context: EnvironmentContext;
      events: EnvironmentMachineEvent;
      input: EnvironmentInput;
      emitted: EnvironmentEmitted;
    },
    actors: { supervisor: createSupervisorMachine(effects, ports) },
    guards: { isQuiet: ({ context }) => context.leaving.length === 0 },
    actions: {
      plant: enqueueActions(({ context, enqueue }) => {
        const { startConcurrency, layout } = context;
        const id = supervisorId(rootGroup);
        enqueue.spawnChild('supervisor', {
          id,
          systemId: id,
          input: { spec: layout.tree.spec, startConcurrency },
        });
      }),
      takeUp: assign(({ context, event }) =>
        event.type === 'bundles.added' ? withMembers(context, event.bundles) : {},
      ),
      forget: assign(({ context, event }) =>
        event.type === 'bundle.removed' ? withoutMember(context, event.plugin) : {},
      ),
      noteMemberPolicy: assign(({ context, event }) =>
        event.type === 'environment.setPolicy' ? withPolicy(context, event.plugin, event.policy) : {},
      ),
      setPolicy: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.setPolicy') return;
        const { plugin, policy } = event;
        tellMember(enqueue, system, context, { type: 'member.setPolicy', plugin, policy });
      }),
      layOut: sendTo(supervisorId(rootGroup), ({ context }) => ({
        type: 'supervisor.children',
        children: childSpecs(context.layout.tree, context.members),
      })),

      enlist: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type === 'environment.activate' || event.type === 'environment.restart')
          enqueue.assign(enlisted(context, event, standingIn(system)));
      }),
      enlistAll: assign(({ context, system }) => enlistedAll(context, standingIn(system))),
      giveTurns: enqueueActions(({ context, event, enqueue, system }) => {
        if (context.queue.length === 0) return;
        const standing = standingIn(system);
        const restarted = event.type === 'environment.restart' ? event.plugin : null;
        const { start, wait, refuse, queue, starting } = turns(context, standing, restarted);
        const resumes = (id: string) => context.resuming.includes(id);
        enqueue.assign({
          queue,
          starting,
          resuming: context.resuming.filter((id) => queue.includes(id)),
        });
        for (const { id, error } of refuse) tellPlugin(enqueue, system, id, { type: 'plugin.refuse', error });
        // What is restarted was held by its group perhaps, and is no longer since it was told to come down.
        for (const { id, because } of wait)
          if (id === restarted || !standing(id).isHeld)
            tellMember(enqueue, system, context, {
              type: 'member.queue',
              plugin: id,
              because,
              resumes: resumes(id),
            });
        const fresh = event.type !== 'environment.restart';
        for (const id of start)
          tellMember(enqueue, system, context, {
            type: 'member.activate',
            plugin: id,
            fresh: fresh && !resumes(id),
            resumes: resumes(id),
          });
      }),
      reattach: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.reattach') return;
        const { plugin, config, resumes = false } = event;
        // That process is what is wanted now, and not a turn; one that has a process does not heed it.
        if (withoutProcess.includes(standingIn(system)(plugin).state))
          enqueue.assign({ queue: context.queue.filter((id) => id !== plugin) });
        tellMember(enqueue, system, context, { type: 'member.reattach', plugin, config, resumes });
      }),
      giveUpMember: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.giveUp') return;
        const { plugin, reason, error } = event;
        tellMember(enqueue, system, context, { type: 'member.giveUp', plugin, reason, error });
      }),
      takeDown: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.restart') return;
        tellMember(enqueue, system, context, { type: 'member.deactivate', plugin: event.plugin });
      }),

      dismiss: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type === 'environment.deactivate')
          enqueue.assign(dismissed(context, event.plugin, standingIn(system)));
      }),
      dismissAll: assign(({ context, system }) => dismissedAll(context, standingIn(system))),
      noteDeparture: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'plugin.moved' || context.leaving.length === 0) return;
        if (standingIn(system)(event.plugin).state !== 'idle') return;
        enqueue.assign({ leaving: context.leaving.filter(({ id }) => id !== event.plugin) });
      }),
      seeOff: enqueueActions(({ context, enqueue, system }) => {
        if (context.leaving.every(({ isTold }) => isTold)) return;
        const going = departures(context, standingIn(system));
        const ids = new Set(going.map(({ id }) => id));
        enqueue.assign({
          leaving: context.leaving.map((one) => (ids.has(one.id) ? { ...one, isTold: true } : one)),
        });
        for (const { id, because } of going)
          tellMember(enqueue, system, context, {
            type: 'member.deactivate',
            plugin: id,
            ...(because !== undefined && { because }),
          });
      }),
      stopTree: sendTo(supervisorId(rootGroup), { type: 'supervisor.stop' }),

      /** Nobody is above the root: the embedder is told, and decides. */
      giveUpTree: sendTo(supervisorId(rootGroup), { type: 'supervisor.giveUp', withParent: false }),
      announce: enqueueActions(({ context, event, enqueue }) => {
        if (event.type === 'plugin.placed') enqueue.emit(event);
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
        const root = {
          kind: 'supervisor',
          id: rootGroup,
          after: [],
          significant: false,
          whereabouts: 'up',
        } as const;
        const { branch, plugins } = clearedBranch(
          { ...root, spec: context.layout.tree.spec },
          (name) => supervisorRef(system, name),
          (plugin) => pluginRef(system, plugin),
          broken,
        );
        for (const plugin of plugins) tellPlugin(enqueue, system, plugin, { type: 'plugin.dismiss' });
        enqueue.sendTo(self, { type: 'branch.cleared', branch });
      }),
      regrow: sendTo(supervisorId(rootGroup), ({ event }) => ({
        type: 'supervisor.children',
        children: event.type === 'branch.cleared' ? event.branch.children : [],
      })),
    },
  }).createMachine({
    id: 'environment',
    description: 'The desk before the tree of supervisors, and the registry of its plugins.',
    context: ({ input }) => initialDesk(input),
    initial: 'running',
    entry: 'plant',
    on: {
      'plugin.placed': { actions: 'announce' },
      'supervisor.reported': { actions: 'announce' },
      'supervisor.gaveUp': { actions: 'giveUpTree' },
      'branch.cleared': { actions: ['plant', 'regrow'] },
      'xstate.error.actor.*': { actions: 'replaceRoot' },
    },
    states: {
      running: {
        description: 'Plugins come, go and are looked after.',
        on: {
          'bundles.added': { actions: ['takeUp', 'layOut'] },
          'bundle.removed': { actions: ['forget', 'layOut', 'giveTurns'] },
          'environment.activate': { actions: ['enlist', 'giveTurns'] },
          'environment.activateAll': { actions: ['enlistAll', 'giveTurns'] },
          'environment.reattach': { actions: 'reattach' },
          'environment.giveUp': { actions: 'giveUpMember' },
          'environment.deactivate': { actions: ['dismiss', 'seeOff', 'giveTurns'] },
          'environment.restart': { actions: ['takeDown', 'enlist', 'giveTurns'] },
          'environment.setPolicy': { actions: ['noteMemberPolicy', 'setPolicy'] },
          'environment.stop': 'stopping',
          'plugin.moved': { actions: ['noteDeparture', 'seeOff', 'giveTurns'] },
        },
      },
      stopping: {
        description: 'Every plugin is brought down, whatever requires another one before it.',
        entry: ['stopTree', 'dismissAll', 'seeOff'],
        always: { guard: 'isQuiet', target: 'stopped' },
        on: { 'plugin.moved': { actions: ['noteDeparture', 'seeOff'] } },
      },
      stopped: { description: 'No process is left.', type: 'final' },
    },
  });
}

/** What is known of a plugin at this moment. */
function standingIn(system: Registry): StandingOf {
  return (plugin) => {
    const snapshot = pluginRef(system, plugin)?.getSnapshot();
    if (snapshot === undefined)
      return { state: 'idle', wanted: false, isHeld: false, awaitsTurn: false, error: null };
    const { wanted, error, held } = snapshot.context;
    const awaitsTurn = snapshot.value === 'held' && held?.isRestart === false;
    return { state: pluginState(snapshot), wanted, isHeld: held !== null, awaitsTurn, error };
  };
}

function tellMember(
  enqueue: Enqueue,
  system: Registry,
  { layout }: EnvironmentContext,
  command: MemberCommand,
): void {
  const group = layout.groups.get(command.plugin);
  const supervisor = group === undefined ? undefined : supervisorRef(system, group);
  if (supervisor !== undefined) enqueue.sendTo(supervisor, command);
}
