import { and, not, or } from 'xstate';
import { initialContext } from './plugin.context.js';
import type { PluginEffects } from './plugin.effects.js';
import { channelInput, subject } from './plugin.inputs.js';
import {
  endBecauseRefused,
  endBecauseUnhealthy,
  giveUp,
  hold,
  queue,
  recordDefect,
  noteError,
  wait,
} from './plugin.phrases.js';
import { healthPolicy } from './plugin.reattach.js';
import { handshaking, spawning } from './plugin.starting.js';
import { stopping } from './plugin.stopping.js';
import { pluginWords } from './plugin.words.js';

export type PluginMachine = ReturnType<typeof createPluginMachine>;

/**
 * One plugin, from its bundle to its end and back. `live` is the scope in which a process exists: entering it
 * starts one, and only the process's end leaves it. All time is here; all deeds are in the effects.
 */
export function createPluginMachine(effects: PluginEffects) {
  const words = pluginWords(effects);
  return words.createMachine({
    id: 'plugin',
    description: 'One plugin: its process, its connection, its health, its end.',
    context: ({ input }) => initialContext(input, effects.now()),
    initial: 'idle',
    on: { 'plugin.dismiss': '.dismissed' },
    states: {
      idle: {
        description: 'No process, and none wanted.',
        entry: ['arrive', 'reportMove'],
        on: {
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.queue': { target: 'held', actions: queue },
          'plugin.giveUp': { target: 'failed', actions: ['noteEarlierFailure', giveUp] },
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      held: {
        description: 'Wanted, and without a process until its turn has come, and its group lets it go on.',
        entry: ['arriveHeld', 'reportMove'],
        on: {
          'plugin.activate': [
            { guard: 'awaitsGroup', actions: ['activate', 'tellWhy', 'reportMove'] },
            { target: 'live', actions: 'activate' },
          ],
          'plugin.queue': { actions: [queue, 'tellWhy', 'reportMove'] },
          'plugin.await': { guard: 'awaitsTurn', actions: [wait, 'tellWhy'] },
          'plugin.proceed': [
            { guard: 'awaitsGroup', actions: ['proceed', 'tellWhy', 'reportMove'] },
            { target: 'live', actions: 'proceed' },
          ],
          'plugin.refuse': { guard: 'awaitsTurn', target: 'idle', actions: [noteError, 'unwant'] },
          'plugin.hold': { actions: [hold, 'tellWhy', 'reportMove'] },
          'plugin.release': [
            { guard: 'awaitsTurn', actions: ['release', 'tellWhy', 'reportMove'] },
            { target: 'live', actions: 'release' },
          ],
          'plugin.giveUp': { target: 'failed', actions: giveUp },
          'plugin.reattach': { target: 'live', actions: ['takeUp', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      live: {
        description:
          'A process exists or is being made; only its end, or letting go of it, leaves this state.',
        initial: 'spawning',
        entry: 'begin',
        exit: ['leaveConnection', 'closeBroker', 'closeStdio', 'closeLogs', 'closeAttachment'],
        invoke: {
          src: 'process',
          id: 'process',
          input: ({ context }) => ({
            ...subject(context),
            bundle: context.bundle,
            reattach: context.reattach,
          }),
        },
        on: {
          'process.exited': [
            {
              guard: and(['isCurrent', or(['isAttaching', not('isWanted')])]),
              target: 'idle',
              actions: ['recordExit', 'unwant'],
            },
            { guard: and(['isCurrent', 'isHeld']), target: 'held', actions: 'recordExit' },
            {
              guard: and(['isCurrent', 'isAskedAgain']),
              target: 'live',
              reenter: true,
              actions: 'recordExit',
            },
            { guard: 'isCurrent', target: 'crashed', actions: 'recordExit' },
          ],
          'process.failed': [
            {
              guard: and(['isCurrent', or(['isAttaching', not('isWanted')])]),
              target: 'idle',
              actions: ['recordSpawnFailure', 'unwant'],
            },
            { guard: and(['isCurrent', 'isHeld']), target: 'held', actions: 'recordSpawnFailure' },
            { guard: 'isCurrent', target: 'crashed', actions: 'recordSpawnFailure' },
          ],
          'plugin.activate': { actions: 'want' },
          'plugin.setPolicy': { actions: 'notePolicy' },
          'stdio.opened': { actions: { type: 'noteStdio', params: { opened: true } } },
          'stdio.unavailable': { actions: { type: 'noteStdio', params: { opened: false } } },
          'effect.broke': [
            {
              guard: and(['isCurrent', 'hasProcess']),
              target: '.stopping.killing',
              actions: endBecauseRefused,
            },
            {
              guard: and(['isCurrent', 'isAttaching']),
              target: 'idle',
              actions: [recordDefect, 'unwant'],
            },
            {
              guard: and(['isCurrent', 'isHeld']),
              target: 'held',
              actions: recordDefect,
            },
            {
              guard: 'isCurrent',
              target: 'crashed',
              actions: recordDefect,
            },
          ],
        },
        states: {
          spawning: spawning(words),
          handshaking: handshaking(words),
          healthy: {
            description: 'It serves.',
            entry: [{ type: 'enter', params: { phase: 'serving' } }, 'noteHealthy', 'reportMove'],
            invoke: {
              src: 'health',
              id: 'health',
              input: ({ context }) => ({ ...channelInput(context), policy: healthPolicy(context) }),
            },
            on: {
              'plugin.check': { actions: 'askCheck' },
              'plugin.setPolicy': { actions: ['notePolicy', 'tellHealthPolicy'] },
              'channel.lost': {
                actions: { type: 'tellLoss', params: ({ event }) => ({ error: event.error }) },
              },
              'health.*': {
                actions: { type: 'noteHealth', params: ({ event }) => ({ report: event }) },
              },
              'health.lost': [
                {
                  guard: { type: 'canBeAsked', params: ({ event }) => ({ error: event.error }) },
                  target: 'stopping.asking',
                  actions: endBecauseUnhealthy,
                },
                {
                  target: 'stopping.terminating',
                  actions: endBecauseUnhealthy,
                },
              ],
              'plugin.deactivate': { target: 'stopping', actions: 'endBecauseDeactivated' },
              'plugin.hold': { target: 'stopping', actions: [hold, 'endBecauseHeld'] },
            },
          },
          stopping: stopping(words),
        },
      },
      crashed: {
        description: 'No process is left; the supervisor decides what follows.',
        entry: ['arrive', 'reportCrash'],
        on: {
          'plugin.restart': { target: 'restarting', actions: 'noteVerdict' },
          'plugin.rest': [
            { guard: 'endedNormally', target: 'idle', actions: 'unwant' },
            { actions: ['unwant', 'reportMove'] },
          ],
          'plugin.giveUp': { target: 'failed', actions: giveUp },
          'plugin.hold': { guard: 'isWanted', target: 'held', actions: hold },
          'plugin.queue': { target: 'held', actions: queue },
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      restarting: {
        description: 'The next start is due after a pause.',
        entry: 'arrive',
        on: {
          'plugin.hold': { target: 'held', actions: hold },
          'plugin.queue': { target: 'held', actions: queue },
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { target: 'restarting', reenter: true, actions: 'notePolicy' },
        },
        after: { restartDelay: 'live' },
      },
      failed: {
        description: 'The supervisor has given up; somebody must act, or the half-open interval pass.',
        entry: ['arrive', 'reportMove'],
        on: {
          'plugin.hold': { target: 'held', actions: hold },
          'plugin.queue': { target: 'held', actions: queue },
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { target: 'failed', reenter: true, actions: 'notePolicy' },
        },
        after: { halfOpenInterval: { guard: 'triesAgain', target: 'live' } },
      },
      dismissed: {
        description: 'It has left the tree; whatever it had is ended at once.',
        type: 'final',
      },
    },
  });
}
