import type { PluginEffects } from './plugin.effects.js';
import { createPluginMachine, type PluginMachine } from './plugin.js';
import { initialSupervisor } from './supervisor.context.js';
import { supervisorWords, type SupervisorPorts } from './supervisor.words.js';

export type SupervisorMachine = ReturnType<typeof createSupervisorMachine>;

/**
 * Looks after plugins and after supervisors of its own kind. Each end of a child gets one answer: the child alone is
 * restarted, some or all go down and come up together, all go down and the parent decides, or all go down for good.
 */
export function createSupervisorMachine(
  effects: PluginEffects,
  ports: SupervisorPorts,
  plugin: PluginMachine = createPluginMachine(effects),
) {
  const machine = supervisorWords(effects, ports, plugin).createMachine({
    id: 'supervisor',
    description: 'A group of plugins and groups: who goes down and comes up with whom.',
    context: ({ input }) => initialSupervisor(input),
    initial: 'steady',
    on: {
      'supervisor.children': { actions: 'grow' },
      'supervisor.hold': { target: '.gathering', actions: ['standStill', 'planHold'] },
      'supervisor.close': { target: '.gathering', actions: ['standStill', 'planClose'] },
      'supervisor.stop': '.stopping',
      'member.activate': { actions: 'activateMember' },
      'member.queue': { actions: 'queueMember' },
      'member.reattach': { actions: 'reattachMember' },
      'member.giveUp': { actions: 'giveUpMember' },
      'member.deactivate': { actions: 'deactivateMember' },
      'member.setPolicy': { actions: 'setMemberPolicy' },
      'plugin.ready': { actions: ['note', 'tellMoved'] },
      'plugin.held': { actions: ['note', 'tellMoved'] },
      'plugin.failed': { actions: ['note', 'tellMoved'] },
      'plugin.rested': { actions: ['note', 'tellMoved'] },
      'supervisor.ready': { actions: 'note' },
      'supervisor.held': { actions: 'note' },
      'plugin.crashed': [
        { guard: 'givesUp', target: '.gathering', actions: ['standStill', 'judgeHopeless', 'tellMoved'] },
        {
          guard: 'goesTogether',
          target: '.gathering',
          actions: ['standStill', 'judgeTogether', 'tellMoved'],
        },
        { guard: 'shutsDown', target: '.gathering', actions: ['standStill', 'judgeDone', 'tellMoved'] },
        { actions: ['judgeAlone', 'tellMoved'] },
      ],
      'supervisor.gaveUp': [
        { guard: 'givesUp', target: '.gathering', actions: ['standStill', 'judgeHopeless'] },
        { guard: 'goesTogether', target: '.gathering', actions: ['standStill', 'judgeTogether'] },
        { actions: 'judgeAlone' },
      ],
      'supervisor.ended': [
        { guard: 'shutsDown', target: '.gathering', actions: ['standStill', 'judgeDone'] },
        { actions: ['note', 'judgeAlone'] },
      ],
      'plugin.placed': { actions: 'passOn' },
      'plugin.moved': { actions: 'passOn' },
      'supervisor.reported': { actions: 'passOn' },
      'plugin.broke': { actions: 'noteReplaced' },
      'branch.cleared': { actions: 'regrow' },
      'xstate.error.actor.*': { actions: 'replaceBroken' },
    },
    states: {
      steady: {
        description: 'Each child comes, goes and is looked after by itself.',
        entry: 'moveOn',
      },
      gathering: {
        description: 'Children come down together, the last started first.',
        always: [
          { guard: { type: 'isGatheredTo', params: { aim: 'restart' } }, target: 'pausing' },
          { guard: { type: 'isGatheredTo', params: { aim: 'hold' } }, target: 'held' },
          { guard: { type: 'isGatheredTo', params: { aim: 'giveUp' } }, target: 'escalating' },
          {
            guard: 'isAskedForAnew',
            target: 'starting',
            actions: 'reportEnded',
          },
          {
            guard: { type: 'isGatheredTo', params: { aim: 'shutDown' } },
            target: 'steady',
            actions: 'reportEnded',
          },
          { guard: 'canClose', actions: 'closeNext' },
        ],
        on: {
          'member.activate': [{ guard: 'isAffected', actions: 'joinMember' }, { actions: 'activateMember' }],
          'plugin.crashed': [
            {
              guard: 'isHopeless',
              target: 'gathering',
              reenter: true,
              actions: ['judgeHopeless', 'tellMoved'],
            },
            { actions: ['judgeAmongOthers', 'tellMoved'] },
          ],
          'supervisor.gaveUp': { actions: 'judgeAmongOthers' },
        },
      },
      pausing: {
        description: 'All of them are down; they start again after the pause.',
        on: {
          'member.activate': [
            { guard: 'isAffected', target: 'starting', actions: 'joinMember' },
            { actions: 'activateMember' },
          ],
          'plugin.crashed': [
            { guard: 'isHopeless', target: 'gathering', actions: ['judgeHopeless', 'tellMoved'] },
            { target: 'gathering', actions: ['judgeAmongOthers', 'tellMoved'] },
          ],
          'supervisor.gaveUp': { target: 'gathering', actions: 'judgeAmongOthers' },
        },
        after: { pause: 'starting' },
      },
      starting: {
        description: 'They start again, the first first.',
        always: [
          { guard: 'isStarted', target: 'steady', actions: 'reportReady' },
          { guard: 'canStart', actions: 'startNext' },
        ],
        on: {
          'member.activate': [{ guard: 'isAffected', actions: 'joinMember' }, { actions: 'activateMember' }],
        },
      },
      held: {
        description: 'Its parent has brought it down, and starts it again.',
        entry: 'reportHeld',
        on: {
          'supervisor.proceed': { target: 'starting', actions: 'planAnew' },
          'supervisor.giveUp': { target: 'failed', actions: 'noteFailedWith' },
          'member.activate': { actions: 'joinMember' },
          'plugin.crashed': { target: 'gathering', actions: ['judgeAmongOthers', 'tellMoved'] },
        },
      },
      escalating: {
        description: 'It has given up and brought all its children down; its parent decides.',
        entry: 'reportGaveUp',
        on: {
          'supervisor.restart': { target: 'pausing', actions: ['planAnew', 'notePause'] },
          'supervisor.giveUp': { target: 'failed', actions: 'noteFailedWith' },
          'member.activate': { actions: 'joinMember' },
          'plugin.crashed': { target: 'gathering', actions: ['judgeAmongOthers', 'tellMoved'] },
        },
      },
      failed: {
        description: 'It is given up; somebody must act, or the half-open interval pass.',
        entry: 'giveUpChildren',
        on: {
          'member.activate': { target: 'gathering', actions: ['planRetry', 'joinMember'] },
          // It was asked to wait for its group just before that was given up.
          'plugin.held': { actions: ['note', 'tellMoved', 'giveUpChildren'] },
          'supervisor.held': { actions: ['note', 'giveUpChildren'] },
        },
        after: { halfOpenInterval: { guard: 'triesAgain', target: 'gathering', actions: 'planRetry' } },
      },
      stopping: {
        description: 'Nothing is restarted any more: every plugin is being brought down.',
        entry: 'stopBranches',
        on: {
          'plugin.crashed': { actions: ['judgeWhileStopping', 'tellMoved'] },
          'supervisor.hold': {},
          'supervisor.close': {},
          'supervisor.gaveUp': {},
          'supervisor.ended': {},
        },
      },
    },
  });
  Object.assign(machine.implementations.actors, { supervisor: machine });
  return machine;
}
