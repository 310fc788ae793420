import { and } from 'xstate';
import { untilMailboxDrained } from '../delays.js';
import type { PluginEffects } from '../effects.js';
import { createPluginMachine, type PluginMachine } from '../plugin/machine.js';
import { initialSupervisorContext } from './context.js';
import { setupSupervisor, type SupervisorDependencies } from './setup.js';

/** The machine of a supervisor. */
export type SupervisorMachine = ReturnType<typeof createSupervisorMachine>;

/**
 * Supervises plugins and nested groups, as OTP's supervisor does. When a child has ended, one of these follows: that
 * child alone is restarted, stopped or given up; the affected children restart as a group; all children are stopped
 * and the parent decides; or the group shuts down.
 */
export function createSupervisorMachine(
  effects: PluginEffects,
  dependencies: SupervisorDependencies,
  plugin: PluginMachine = createPluginMachine(effects),
) {
  const machine = setupSupervisor(effects, dependencies, plugin).createMachine({
    id: 'supervisor',
    description: 'One group: which of its plugins and nested groups restart together.',
    context: ({ input }) => initialSupervisorContext(input),
    initial: 'running',
    on: {
      'supervisor.children': { actions: 'updateChildren' },
      'supervisor.suspend': { actions: 'planSuspend' },
      'supervisor.deactivate': { actions: 'planDeactivate' },
      'supervisor.stop': '.stopping',
      'member.command': { actions: 'commandMember' },
      'plugin.crashed': { actions: ['decideChildExit', 'reportPluginChange'] },
      'supervisor.gaveUp': { actions: 'decideChildExit' },
      'supervisor.ended': { actions: 'decideChildExit' },
      'group.stop': { target: '.stoppingChildren', actions: ['pauseClock', 'adoptPlan'] },
      'plugin.changed': { actions: 'forward' },
      'plugin.spawned': { actions: 'forward' },
      'supervisor.reported': { actions: 'forward' },
      'subtree.cleared': { actions: 'respawnSubtree' },
      'xstate.error.actor.*': { actions: 'replaceFailedActor' },
    },
    states: {
      running: {
        description: 'No group stop or group restart is in progress.',
        entry: ['resumeClock', 'clearPlan'],
      },
      stoppingChildren: {
        description: 'The affected children are stopped, the last started first.',
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
          awaitingChildren: { description: 'Waiting for affected children that are stopping.' },
        },
      },
      backingOff: {
        description: 'All affected children have stopped; they start again after the backoff.',
        on: {
          'member.command': {
            guard: and(['isStartCommand', 'isAffected']),
            target: 'startingChildren',
            actions: 'commandMember',
          },
          'plugin.crashed': { actions: ['decideChildExitDuringGroupStop', 'reportPluginChange'] },
          'supervisor.gaveUp': { actions: 'decideChildExitDuringGroupStop' },
        },
        after: { restartDelay: 'startingChildren' },
      },
      startingChildren: {
        description: 'The affected children start again, in start order.',
        initial: 'drainingMailbox',
        on: {
          'supervisor.children': { target: '.drainingMailbox', actions: 'updateChildren' },
          'plugin.changed': { target: '.drainingMailbox', actions: 'forward' },
          'supervisor.changed': '.drainingMailbox',
          'supervisor.ended': { target: '.drainingMailbox', actions: 'decideChildExit' },
          'member.command': {
            guard: 'isStartCommand',
            target: '.drainingMailbox',
            actions: 'commandMember',
          },
          'group.started': { target: 'running', actions: 'reportChange' },
        },
        states: {
          drainingMailbox: {
            description: untilMailboxDrained,
            after: { mailboxDrained: { target: 'awaitingChildren', actions: 'startNext' } },
          },
          awaitingChildren: { description: 'Waiting for affected children that are starting.' },
        },
      },
      suspended: {
        description: 'Its parent has stopped it, and resumes it in the group restart of its siblings.',
        entry: 'reportChange',
        on: {
          'supervisor.resume': { target: 'startingChildren', actions: 'planStartAll' },
          'supervisor.giveUp': { target: 'failed', actions: 'noteFailedWithParent' },
          'plugin.crashed': { actions: ['decideChildExitDuringGroupStop', 'reportPluginChange'] },
          'supervisor.gaveUp': { actions: 'decideChildExitDuringGroupStop' },
        },
      },
      escalating: {
        description: 'It has given up and stopped all its children; its parent decides.',
        entry: 'reportGaveUp',
        on: {
          'supervisor.restart': { target: 'backingOff', actions: ['planStartAll', 'noteBackoff'] },
          'supervisor.giveUp': { target: 'failed', actions: 'noteFailedWithParent' },
          'plugin.crashed': { actions: ['decideChildExitDuringGroupStop', 'reportPluginChange'] },
          'supervisor.gaveUp': { actions: 'decideChildExitDuringGroupStop' },
        },
      },
      failed: {
        description: 'It is given up until a plugin of it is activated or the half-open interval has passed.',
        entry: ['resumeClock', 'giveUpSuspended', 'reportChange'],
        on: {
          'member.command': [
            {
              guard: and(['isStartCommand', 'failedWithParent']),
              actions: ['affectAll', 'commandMember', 'requestParentRetry'],
            },
            { guard: 'isStartCommand', actions: ['affectAll', 'commandMember', 'planRetry'] },
          ],
          'supervisor.retryRequested': [
            { guard: 'failedWithParent', actions: 'requestParentRetry' },
            { actions: 'planRetry' },
          ],
          // A child that was already stopping for itself when it was suspended reports late.
          'plugin.changed': { actions: ['forward', 'giveUpSuspended'] },
          'supervisor.changed': { actions: 'giveUpSuspended' },
        },
        after: { halfOpenInterval: { guard: 'isHalfOpenEnabled', actions: 'planRetry' } },
      },
      stopping: {
        description: 'The environment stops: nothing is restarted any more.',
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
