import { untilSettled } from './delays.js';
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
      'supervisor.hold': { actions: 'planHold' },
      'supervisor.close': { actions: 'planClose' },
      'supervisor.stop': '.stopping',
      'member.activate': { actions: 'activateMember' },
      'member.queue': { actions: 'activateMember' },
      'member.reattach': { actions: 'reattachMember' },
      'member.setPolicy': { actions: 'setMemberPolicy' },
      'plugin.crashed': { actions: ['judge', 'tellMoved'] },
      'supervisor.gaveUp': { actions: 'judge' },
      'supervisor.ended': { actions: 'judge' },
      'group.gather': { target: '.gathering', actions: ['standStill', 'adoptPlan'] },
      'plugin.moved': { actions: 'passOn' },
      'plugin.placed': { actions: 'passOn' },
      'supervisor.reported': { actions: 'passOn' },
      'plugin.broke': { actions: 'noteReplaced' },
      'branch.cleared': { actions: 'regrow' },
      'xstate.error.actor.*': { actions: 'replaceBroken' },
    },
    states: {
      steady: {
        description: 'Each child comes, goes and is looked after by itself.',
        entry: ['moveOn', 'disperse'],
      },
      gathering: {
        description: 'Children come down together, the last started first.',
        initial: 'due',
        on: {
          'supervisor.children': { target: '.due', actions: 'grow' },
          'plugin.moved': { target: '.due', actions: 'passOn' },
          'supervisor.moved': '.due',
          'supervisor.ended': '.due',
          'plugin.crashed': { target: '.due', actions: ['judgeAmongOthers', 'tellMoved'] },
          'supervisor.gaveUp': { target: '.due', actions: 'judgeAmongOthers' },
          'group.gathered': [
            { guard: { type: 'isAimedAt', params: { aim: 'restart' } }, target: 'pausing' },
            { guard: { type: 'isAimedAt', params: { aim: 'hold' } }, target: 'held' },
            { guard: { type: 'isAimedAt', params: { aim: 'close' } }, target: 'held' },
            { guard: { type: 'isAimedAt', params: { aim: 'giveUp' } }, target: 'escalating' },
            { guard: 'isAsked', target: 'starting', actions: 'reportEnded' },
            { target: 'steady', actions: 'reportEnded' },
          ],
        },
        states: {
          due: {
            description: untilSettled,
            after: { settled: { target: 'waiting', actions: 'bringDown' } },
          },
          waiting: { description: 'Some are on their way down.' },
        },
      },
      pausing: {
        description: 'All of them are down; they start again after the pause.',
        on: {
          'member.activate': [
            { guard: 'isAffected', target: 'starting', actions: 'activateMember' },
            { actions: 'activateMember' },
          ],
          'member.queue': [
            { guard: 'isAffected', target: 'starting', actions: 'activateMember' },
            { actions: 'activateMember' },
          ],
          'plugin.crashed': { actions: ['judgeAmongOthers', 'tellMoved'] },
          'supervisor.gaveUp': { actions: 'judgeAmongOthers' },
        },
        after: { pause: 'starting' },
      },
      starting: {
        description: 'They start again, the first first.',
        initial: 'due',
        on: {
          'supervisor.children': { target: '.due', actions: 'grow' },
          'plugin.moved': { target: '.due', actions: 'passOn' },
          'supervisor.moved': '.due',
          'supervisor.ended': { target: '.due', actions: 'judge' },
          'member.activate': { target: '.due', actions: 'activateMember' },
          'member.queue': { target: '.due', actions: 'activateMember' },
          'group.started': { target: 'steady', actions: 'reportMove' },
        },
        states: {
          due: {
            description: untilSettled,
            after: { settled: { target: 'waiting', actions: 'bringUp' } },
          },
          waiting: { description: 'Some are on their way up.' },
        },
      },
      held: {
        description: 'Its parent has brought it down, and lets it go on when its siblings are down, too.',
        entry: 'reportMove',
        on: {
          'supervisor.proceed': { target: 'starting', actions: 'planAnew' },
          'supervisor.giveUp': { target: 'failed', actions: 'noteFailedWith' },
          'plugin.crashed': { actions: ['judgeAmongOthers', 'tellMoved'] },
          'supervisor.gaveUp': { actions: 'judgeAmongOthers' },
        },
      },
      escalating: {
        description: 'It has given up and brought all its children down; its parent decides.',
        entry: 'reportGaveUp',
        on: {
          'supervisor.restart': { target: 'pausing', actions: ['planAnew', 'notePause'] },
          'supervisor.giveUp': { target: 'failed', actions: 'noteFailedWith' },
          'plugin.crashed': { actions: ['judgeAmongOthers', 'tellMoved'] },
          'supervisor.gaveUp': { actions: 'judgeAmongOthers' },
        },
      },
      failed: {
        description: 'It is given up; somebody must act, or the half-open interval pass.',
        entry: ['moveOn', 'giveUpHeld', 'reportMove'],
        on: {
          'member.activate': [
            { guard: 'failedWithParent', actions: ['affectAll', 'activateMember', 'askParent'] },
            { actions: ['affectAll', 'activateMember', 'planRetry'] },
          ],
          'member.queue': [
            { guard: 'failedWithParent', actions: ['affectAll', 'activateMember', 'askParent'] },
            { actions: ['affectAll', 'activateMember', 'planRetry'] },
          ],
          'supervisor.asked': [{ guard: 'failedWithParent', actions: 'askParent' }, { actions: 'planRetry' }],
          // One that was held on its own way down is heard of late.
          'plugin.moved': { actions: ['passOn', 'giveUpHeld'] },
          'supervisor.moved': { actions: 'giveUpHeld' },
        },
        after: { halfOpenInterval: { guard: 'triesAgain', actions: 'planRetry' } },
      },
      stopping: {
        description: 'Nothing is restarted any more: every plugin is being brought down.',
        entry: ['stopBranches', 'disperse'],
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
