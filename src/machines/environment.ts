import { assign, enqueueActions, sendTo, setup } from 'xstate';
import { rootGroup } from '../model/index.js';
import {
  departures,
  dismissed,
  dismissedAll,
  enlisted,
  enlistedAll,
  isQuiet,
  turns,
  type Enlisting,
} from '../policy/index.js';
import { settled, untilSettled } from './delays.js';
import {
  childSpecs,
  initialDesk,
  refusals,
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
import { tellPlugin, type Enqueue } from './supervisor.orders.js';
import { createSupervisorMachine } from './supervisor.js';
import { clearBranch } from './supervisor.repair.js';
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
    delays: { settled },
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

      activate: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.activate') return;
        const { plugin, resumes = false } = event;
        const standing = standingIn(system);
        const enlisting = enlisted(context, plugin, standing, false);
        wish(enqueue, system, context, enlisting, (id) => ({
          fresh: id !== plugin || !resumes,
          resumes: id === plugin && resumes,
        }));
      }),
      activateAll: enqueueActions(({ context, enqueue, system }) => {
        wish(enqueue, system, context, enlistedAll(context, standingIn(system)), newly);
      }),
      /** What it did before still counts. */
      restart: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.restart') return;
        const { plugin } = event;
        const enlisting = enlisted(context, plugin, standingIn(system), true);
        tellPlugin(enqueue, system, plugin, { type: 'plugin.deactivate' });
        wish(enqueue, system, context, enlisting, (id) => ({ fresh: id !== plugin, resumes: false }));
      }),
      giveTurns: enqueueActions(({ context, enqueue, system }) => {
        if (context.waiting.length + context.starting.length === 0) return;
        const standing = standingIn(system);
        const { start, wait, refuse, ...change } = turns(context, standing);
        enqueue.assign(change);
        for (const { id, error } of refusals(refuse, standing))
          tellPlugin(enqueue, system, id, { type: 'plugin.refuse', error });
        for (const { id, because } of wait)
          tellPlugin(enqueue, system, id, { type: 'plugin.await', because });
        for (const id of start) tellPlugin(enqueue, system, id, { type: 'plugin.proceed' });
      }),
      reattach: enqueueActions(({ context, event, enqueue, system }) => {
        if (event.type !== 'environment.reattach') return;
        const { plugin, config, resumes = false } = event;
        tellMember(enqueue, system, context, { type: 'member.reattach', plugin, config, resumes });
      }),
      giveUpMember: enqueueActions(({ event, enqueue, system }) => {
        if (event.type !== 'environment.giveUp') return;
        const { plugin, reason, error } = event;
        tellPlugin(enqueue, system, plugin, { type: 'plugin.giveUp', reason, error });
      }),

      dismiss: assign(({ context, event, system }) =>
        event.type === 'environment.deactivate'
          ? { leaving: dismissed(context, event.plugin, standingIn(system)) }
          : {},
      ),
      dismissAll: assign(({ context: { members }, system }) => {
        const plugins = members.map(({ bundle }) => bundle.manifest.id);
        return { leaving: dismissedAll(plugins, standingIn(system)) };
      }),
      seeOff: enqueueActions(({ context, enqueue, system }) => {
        if (context.leaving.length === 0) return;
        const going = departures(context, standingIn(system));
        enqueue.assign({ leaving: context.leaving.filter((one) => !going.includes(one)) });
        for (const { id, because } of going)
          tellPlugin(enqueue, system, id, {
            type: 'plugin.deactivate',
            ...(because !== undefined && { because }),
          });
      }),
      lookForQuiet: enqueueActions(({ context, enqueue, system }) => {
        if (isQuiet(context, standingIn(system))) enqueue.raise({ type: 'desk.quiet' });
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
        const { spec } = context.layout.tree;
        const root = { kind: 'supervisor', id: rootGroup, after: [], significant: false, spec } as const;
        clearBranch(enqueue, system, self, root, broken);
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
        initial: 'settled',
        on: {
          'bundles.added': { actions: ['takeUp', 'layOut'] },
          'bundle.removed': { target: '.due', actions: ['forget', 'layOut'] },
          'environment.activate': { target: '.due', actions: 'activate' },
          'environment.activateAll': { target: '.due', actions: 'activateAll' },
          'environment.reattach': { target: '.due', actions: 'reattach' },
          'environment.giveUp': { actions: 'giveUpMember' },
          'environment.deactivate': { target: '.due', actions: ['dismiss', 'seeOff'] },
          'environment.restart': { target: '.due', actions: 'restart' },
          'environment.setPolicy': { actions: ['noteMemberPolicy', 'setPolicy'] },
          'environment.stop': 'stopping',
          'plugin.moved': '.due',
        },
        states: {
          settled: { description: 'Nothing is left to decide until something moves.' },
          due: {
            description: untilSettled,
            after: { settled: { target: 'settled', actions: ['seeOff', 'giveTurns'] } },
          },
        },
      },
      stopping: {
        description: 'Every plugin is brought down, whatever requires another one before it.',
        initial: 'due',
        entry: ['stopTree', 'dismissAll', 'seeOff'],
        on: { 'plugin.moved': '.due', 'desk.quiet': 'stopped' },
        states: {
          settled: { description: 'Some are on their way down.' },
          due: {
            description: untilSettled,
            after: { settled: { target: 'settled', actions: ['seeOff', 'lookForQuiet'] } },
          },
        },
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
      return { state: 'idle', wanted: false, turn: null, isHeld: false, error: null };
    const { wanted, error, turn, hold } = snapshot.context;
    return { state: pluginState(snapshot), wanted, turn, isHeld: hold !== null, error };
  };
}

const newly = () => ({ fresh: true, resumes: false });

/** Tells plugins that they are wanted, at once or when their turn comes. */
function wish(
  enqueue: Enqueue & { assign(change: Partial<EnvironmentContext>): void },
  system: Registry,
  context: EnvironmentContext,
  { start, wait, change }: Enlisting,
  how: (plugin: string) => { readonly fresh: boolean; readonly resumes: boolean },
): void {
  enqueue.assign(change);
  for (const plugin of start)
    tellMember(enqueue, system, context, { type: 'member.activate', plugin, ...how(plugin) });
  for (const { id: plugin, because } of wait)
    tellMember(enqueue, system, context, { type: 'member.queue', plugin, because, ...how(plugin) });
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
