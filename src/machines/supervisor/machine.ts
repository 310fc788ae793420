import { untilMailboxDrained } from '../delays.js';
import type { PluginEffects } from '../effects.js';
import { createPluginMachine, type PluginMachine } from '../plugin/machine.js';
import { initialSupervisorContext } from './context.js';
import { setupSupervisor, type SupervisorDependencies } from './setup.js';

export type SupervisorMachine = ReturnType<typeof createSupervisorMachine>;

/**
 * Looks after plugins and after supervisors of its own kind. Each end of a child gets one answer: the child alone is
 * restarted, some or all go down and come up together, all go down and the parent decides, or all go down for good.
 */
export function createSupervisorMachine(
  effects: PluginEffects,
  dependencies: SupervisorDependencies,
  plugin: PluginMachine = createPluginMachine(effects),
) {
  const machine = setupSupervisor(effects, dependencies, plugin).createMachine({
    id: 'supervisor',
    description: 'A group of plugins and groups: who goes down and comes up with whom.',
    context: ({ input }) => initialSupervisorContext(input),
    initial: 'running',
    on: {
      'supervisor.children': { actions: 'updateChildren' },
      'supervisor.suspend': { actions: 'planSuspend' },
      'supervisor.deactivate': { actions: 'planDeactivate' },
      'supervisor.stop': '.stopping',
      'member.activate': { actions: 'activateMember' },
      'member.enqueue': { actions: 'activateMember' },
      'member.reattach': { actions: 'reattachMember' },
      'member.setPolicy': { actions: 'setMemberPolicy' },
      'plugin.crashed': { actions: ['decideChildExit', 'reportPluginChange'] },
      'supervisor.gaveUp': { actions: 'decideChildExit' },
      'supervisor.ended': { actions: 'decideChildExit' },
      'group.stop': { target: '.stoppingChildren', actions: ['pauseClock', 'adoptPlan'] },
      'plugin.changed': { actions: 'forward' },
      'plugin.spawned': { actions: 'forward' },
      'supervisor.reported': { actions: 'forward' },
      'plugin.actorError': { actions: 'reportReplaced' },
      'subtree.cleared': { actions: 'respawn' },
      'xstate.error.actor.*': { actions: 'replaceBroken' },
    },
    states: {
      running: {
        description: 'Each child comes, goes and is looked after by itself.',
        entry: ['resumeClock', 'clearPlan'],
      },
      stoppingChildren: {
        description: 'Children come down together, the last started first.',
        initial: 'drainingMailbox',
        on: {
          'supervisor.children': { target: '.drainingMailbox', actions: 'updateChildren' },
          'plugin.changed': { target: '.drainingMailbox', actions: 'forward' },
          'supervisor.changed': '.drainingMailbox',
          'supervisor.ended': '.drainingMailbox',
          'plugin.crashed': {
            target: '.drainingMailbox',
            actions: ['decideChildExitDuringGroupStop', 'reportPluginChange'],
          },
          'supervisor.gaveUp': { target: '.drainingMailbox', actions: 'decideChildExitDuringGroupStop' },
          'group.stopped': [
            { guard: { type: 'isNext', params: { next: 'restart' } }, target: 'backingOff' },
            { guard: { type: 'isNext', params: { next: 'suspend' } }, target: 'suspended' },
            { guard: { type: 'isNext', params: { next: 'deactivate' } }, target: 'suspended' },
            { guard: { type: 'isNext', params: { next: 'giveUp' } }, target: 'escalating' },
            { guard: 'isActivationRequested', target: 'startingChildren', actions: 'reportEnded' },
            { target: 'running', actions: 'reportEnded' },
          ],
        },
        states: {
          drainingMailbox: {
            description: untilMailboxDrained,
            after: { mailboxDrained: { target: 'awaitingChildren', actions: 'stopNext' } },
          },
          awaitingChildren: { description: 'Some are on their way down.' },
        },
      },
      backingOff: {
        description: 'All of them are down; they start again after the pause.',
        on: {
          'member.activate': [
            { guard: 'isAffected', target: 'startingChildren', actions: 'activateMember' },
            { actions: 'activateMember' },
          ],
          'member.enqueue': [
            { guard: 'isAffected', target: 'startingChildren', actions: 'activateMember' },
            { actions: 'activateMember' },
          ],
          'plugin.crashed': { actions: ['decideChildExitDuringGroupStop', 'reportPluginChange'] },
          'supervisor.gaveUp': { actions: 'decideChildExitDuringGroupStop' },
        },
        after: { restartDelay: 'startingChildren' },
      },
      startingChildren: {
        description: 'They start again, the first first.',
        initial: 'drainingMailbox',
        on: {
          'supervisor.children': { target: '.drainingMailbox', actions: 'updateChildren' },
          'plugin.changed': { target: '.drainingMailbox', actions: 'forward' },
          'supervisor.changed': '.drainingMailbox',
          'supervisor.ended': { target: '.drainingMailbox', actions: 'decideChildExit' },
          'member.activate': { target: '.drainingMailbox', actions: 'activateMember' },
          'member.enqueue': { target: '.drainingMailbox', actions: 'activateMember' },
          'group.started': { target: 'running', actions: 'reportChange' },
        },
        states: {
          drainingMailbox: {
            description: untilMailboxDrained,
            after: { mailboxDrained: { target: 'awaitingChildren', actions: 'startNext' } },
          },
          awaitingChildren: { description: 'Some are on their way up.' },
        },
      },
      suspended: {
        description: 'Its parent has brought it down, and lets it go on when its siblings are down, too.',
        entry: 'reportChange',
        on: {
          'supervisor.resume': { target: 'startingChildren', actions: 'planAnew' },
          'supervisor.giveUp': { target: 'failed', actions: 'noteFailedWith' },
          'plugin.crashed': { actions: ['decideChildExitDuringGroupStop', 'reportPluginChange'] },
          'supervisor.gaveUp': { actions: 'decideChildExitDuringGroupStop' },
        },
      },
      escalating: {
        description: 'It has given up and brought all its children down; its parent decides.',
        entry: 'reportGaveUp',
        on: {
          'supervisor.restart': { target: 'backingOff', actions: ['planAnew', 'noteBackoff'] },
          'supervisor.giveUp': { target: 'failed', actions: 'noteFailedWith' },
          'plugin.crashed': { actions: ['decideChildExitDuringGroupStop', 'reportPluginChange'] },
          'supervisor.gaveUp': { actions: 'decideChildExitDuringGroupStop' },
        },
      },
      failed: {
        description: 'It is given up; somebody must act, or the half-open interval pass.',
        entry: ['resumeClock', 'giveUpSuspended', 'reportChange'],
        on: {
          'member.activate': [
            { guard: 'failedWithParent', actions: ['affectAll', 'activateMember', 'requestParentRetry'] },
            { actions: ['affectAll', 'activateMember', 'planRetry'] },
          ],
          'member.enqueue': [
            { guard: 'failedWithParent', actions: ['affectAll', 'activateMember', 'requestParentRetry'] },
            { actions: ['affectAll', 'activateMember', 'planRetry'] },
          ],
          'supervisor.retryRequested': [
            { guard: 'failedWithParent', actions: 'requestParentRetry' },
            { actions: 'planRetry' },
          ],
          // One that was held on its own way down is heard of late.
          'plugin.changed': { actions: ['forward', 'giveUpSuspended'] },
          'supervisor.changed': { actions: 'giveUpSuspended' },
        },
        after: { halfOpenInterval: { guard: 'isHalfOpenEnabled', actions: 'planRetry' } },
      },
      stopping: {
        description: 'Nothing is restarted any more: every plugin is being brought down.',
        entry: ['stopSupervisors', 'clearPlan'],
        on: {
          'plugin.crashed': { actions: ['decideChildExitDuringShutdown', 'reportPluginChange'] },
          'supervisor.suspend': {},
          'supervisor.deactivate': {},
          'supervisor.gaveUp': {},
          'supervisor.ended': {},
        },
      },
    },
  });
  Object.assign(machine.implementations.actors, { supervisor: machine });
  return machine;
}
