import { and, not, or } from 'xstate';
import { initialPluginContext } from './context.js';
import type { PluginEffects } from '../effects.js';
import { channelInput, generationId } from './inputs.js';
import {
  endBecauseRejected,
  endBecauseUnhealthy,
  giveUp,
  suspend,
  enqueue,
  recordDefect,
  noteError,
  wait,
} from './actions.js';
import { healthPolicy } from './reattach.js';
import { handshaking, spawning } from './starting.js';
import { stopping } from './stopping.js';
import { setupPlugin } from './setup.js';

export type PluginMachine = ReturnType<typeof createPluginMachine>;

/**
 * One plugin, from its bundle to its end and back. `live` is the scope in which a process exists: entering it
 * starts one, and only the process's end leaves it. All time is here; all deeds are in the effects.
 */
export function createPluginMachine(effects: PluginEffects) {
  const pluginSetup = setupPlugin(effects);
  return pluginSetup.createMachine({
    id: 'plugin',
    description: 'One plugin: its process, its connection, its health, its end.',
    context: ({ input }) => initialPluginContext(input, effects.now()),
    initial: 'idle',
    on: { 'plugin.remove': '.removed' },
    states: {
      idle: {
        description: 'No process, and none wanted.',
        entry: ['enterState', 'reportChange'],
        on: {
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.enqueue': { target: 'pending', actions: enqueue },
          'plugin.giveUp': { target: 'failed', actions: ['noteEarlierFailure', giveUp] },
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      pending: {
        description: 'Wanted, and without a process until its turn has come, and its group lets it go on.',
        entry: ['enterPending', 'reportChange'],
        on: {
          'plugin.activate': [
            { guard: 'isSuspended', actions: ['activate', 'updateReason', 'reportChange'] },
            { target: 'live', actions: 'activate' },
          ],
          'plugin.enqueue': { actions: [enqueue, 'updateReason', 'reportChange'] },
          'plugin.wait': { guard: 'isQueued', actions: [wait, 'updateReason'] },
          'plugin.start': [
            { guard: 'isSuspended', actions: ['start', 'updateReason', 'reportChange'] },
            { target: 'live', actions: 'start' },
          ],
          'plugin.reject': { guard: 'isQueued', target: 'idle', actions: [noteError, 'unwant'] },
          'plugin.suspend': { actions: [suspend, 'updateReason', 'reportChange'] },
          'plugin.resume': [
            { guard: 'isQueued', actions: ['resume', 'updateReason', 'reportChange'] },
            { target: 'live', actions: 'resume' },
          ],
          'plugin.giveUp': { target: 'failed', actions: giveUp },
          'plugin.reattach': { target: 'live', actions: ['activateReattached', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      live: {
        description:
          'A process exists or is being made; only its end, or letting go of it, leaves this state.',
        initial: 'spawning',
        entry: 'beginGeneration',
        exit: ['closeConnectionWatch', 'closeBroker', 'closeStdio', 'closeLogs', 'closeAttachment'],
        invoke: {
          src: 'process',
          id: 'process',
          input: ({ context }) => ({
            ...generationId(context),
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
            { guard: and(['isCurrent', 'isPending']), target: 'pending', actions: 'recordExit' },
            {
              guard: and(['isCurrent', 'isRestartRequested']),
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
            { guard: and(['isCurrent', 'isPending']), target: 'pending', actions: 'recordSpawnFailure' },
            { guard: 'isCurrent', target: 'crashed', actions: 'recordSpawnFailure' },
          ],
          'plugin.activate': { actions: 'want' },
          'plugin.setPolicy': { actions: 'notePolicy' },
          'stdio.opened': { actions: { type: 'noteStdio', params: { opened: true } } },
          'stdio.unavailable': { actions: { type: 'noteStdio', params: { opened: false } } },
          'effect.errored': [
            {
              guard: and(['isCurrent', 'hasProcess']),
              target: '.stopping.killing',
              actions: endBecauseRejected,
            },
            {
              guard: and(['isCurrent', 'isAttaching']),
              target: 'idle',
              actions: [recordDefect, 'unwant'],
            },
            {
              guard: and(['isCurrent', 'isPending']),
              target: 'pending',
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
          spawning: spawning(pluginSetup),
          handshaking: handshaking(pluginSetup),
          healthy: {
            description: 'It serves.',
            entry: [{ type: 'enterPhase', params: { phase: 'serving' } }, 'noteHealthy', 'reportChange'],
            invoke: {
              src: 'health',
              id: 'health',
              input: ({ context }) => ({ ...channelInput(context), policy: healthPolicy(context) }),
            },
            on: {
              'plugin.check': { actions: 'requestCheck' },
              'plugin.setPolicy': { actions: ['notePolicy', 'sendHealthPolicy'] },
              'channel.lost': {
                actions: { type: 'sendConnectionLost', params: ({ event }) => ({ error: event.error }) },
              },
              'health.*': {
                actions: { type: 'noteHealth', params: ({ event }) => ({ report: event }) },
              },
              'health.lost': [
                {
                  guard: { type: 'isStillConnected', params: ({ event }) => ({ error: event.error }) },
                  target: 'stopping.requestingShutdown',
                  actions: endBecauseUnhealthy,
                },
                {
                  target: 'stopping.terminating',
                  actions: endBecauseUnhealthy,
                },
              ],
              'plugin.deactivate': { target: 'stopping', actions: 'endBecauseDeactivated' },
              'plugin.suspend': { target: 'stopping', actions: [suspend, 'endBecauseSuspended'] },
            },
          },
          stopping: stopping(pluginSetup),
        },
      },
      crashed: {
        description: 'No process is left; the supervisor decides what follows.',
        entry: ['enterState', 'reportExit'],
        on: {
          'plugin.restart': { target: 'restarting', actions: 'noteRestartDecision' },
          'plugin.stop': [
            { guard: 'endedNormally', target: 'idle', actions: 'unwant' },
            { actions: ['unwant', 'reportChange'] },
          ],
          'plugin.giveUp': { target: 'failed', actions: giveUp },
          'plugin.suspend': { guard: 'isWanted', target: 'pending', actions: suspend },
          'plugin.enqueue': { target: 'pending', actions: enqueue },
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      restarting: {
        description: 'The next start is due after a pause.',
        entry: 'enterState',
        on: {
          'plugin.suspend': { target: 'pending', actions: suspend },
          'plugin.enqueue': { target: 'pending', actions: enqueue },
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { target: 'restarting', reenter: true, actions: 'notePolicy' },
        },
        after: { restartDelay: 'live' },
      },
      failed: {
        description: 'The supervisor has given up; somebody must act, or the half-open interval pass.',
        entry: ['enterState', 'reportChange'],
        on: {
          'plugin.suspend': { target: 'pending', actions: suspend },
          'plugin.enqueue': { target: 'pending', actions: enqueue },
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { target: 'failed', reenter: true, actions: 'notePolicy' },
        },
        after: { halfOpenInterval: { guard: 'isHalfOpenEnabled', target: 'live' } },
      },
      removed: {
        description: 'It has left the tree; whatever it had is ended at once.',
        type: 'final',
      },
    },
  });
}
