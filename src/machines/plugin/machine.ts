import { and, not, or } from 'xstate';
import { channelInput, generationId, initialPluginContext } from './context.js';
import type { PluginEffects } from '../effects.js';
import { healthPolicy } from './reattach.js';
import { handshaking, spawning } from './starting.js';
import { stopping } from './stopping.js';
import { setupPlugin } from './setup.js';

/** The commands that end every state in which a wanted plugin has no process. */
const whileDown = {
  'plugin.enqueue': { target: 'pending', actions: 'enqueue' },
  'plugin.activate': { target: 'live', actions: 'activate' },
  'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
  'plugin.deactivate': { target: 'idle', actions: 'unwant' },
} as const;

/** The machine of a plugin. */
export type PluginMachine = ReturnType<typeof createPluginMachine>;

/**
 * The life cycle of one plugin. A process exists only within `live`: entering `live` starts one, and only the end or the
 * detaching of the process leaves it. The machine has all timers; the effects have none.
 */
export function createPluginMachine(effects: PluginEffects) {
  const pluginSetup = setupPlugin(effects);
  return pluginSetup.createMachine({
    id: 'plugin',
    description: 'One plugin: its process, its connection, its health and its exits.',
    context: ({ input }) => initialPluginContext(input, effects.now()),
    initial: 'idle',
    on: { 'plugin.remove': '.removed' },
    states: {
      idle: {
        description: 'No process, and none is wanted.',
        entry: ['enterState', 'reportChange'],
        on: {
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.enqueue': { target: 'pending', actions: 'enqueue' },
          'plugin.giveUp': { target: 'failed', actions: ['noteEarlierFailure', 'noteFailure'] },
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      pending: {
        description: 'Wanted, without a process: it is queued for its start, or suspended by its group.',
        entry: ['enterPending', 'reportChange'],
        on: {
          'plugin.activate': [
            { guard: 'isSuspended', actions: ['activate', 'updateReason', 'reportChange'] },
            { target: 'live', actions: 'activate' },
          ],
          'plugin.enqueue': { actions: ['enqueue', 'updateReason', 'reportChange'] },
          'plugin.wait': { guard: 'isQueued', actions: ['wait', 'updateReason'] },
          'plugin.start': [
            { guard: 'isSuspended', actions: ['start', 'updateReason', 'reportChange'] },
            { target: 'live', actions: 'start' },
          ],
          'plugin.reject': { guard: 'isQueued', target: 'idle', actions: ['noteError', 'unwant'] },
          'plugin.suspend': { actions: ['suspend', 'updateReason', 'reportChange'] },
          'plugin.resume': [
            { guard: 'isQueued', actions: ['resume', 'updateReason', 'reportChange'] },
            { target: 'live', actions: 'resume' },
          ],
          'plugin.giveUp': { target: 'failed', actions: 'noteFailure' },
          'plugin.reattach': { target: 'live', actions: ['activateReattached', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      live: {
        description: 'A process exists or is being spawned; its end or its detaching leaves this state.',
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
              actions: 'endBecauseRejected',
            },
            {
              guard: and(['isCurrent', 'isAttaching']),
              target: 'idle',
              actions: ['recordInternalError', 'unwant'],
            },
            {
              guard: and(['isCurrent', 'isPending']),
              target: 'pending',
              actions: 'recordInternalError',
            },
            {
              guard: 'isCurrent',
              target: 'crashed',
              actions: 'recordInternalError',
            },
          ],
        },
        states: {
          spawning: spawning(pluginSetup),
          handshaking: handshaking(pluginSetup),
          healthy: {
            description: 'It is connected and answers health probes.',
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
                  actions: 'endBecauseUnhealthy',
                },
                {
                  target: 'stopping.terminating',
                  actions: 'endBecauseUnhealthy',
                },
              ],
              'plugin.deactivate': { target: 'stopping', actions: 'endBecauseDeactivated' },
              'plugin.suspend': { target: 'stopping', actions: ['suspend', 'endBecauseSuspended'] },
            },
          },
          stopping: stopping(pluginSetup),
        },
      },
      crashed: {
        description: 'The process has ended; the supervisor decides what follows.',
        entry: ['enterState', 'reportExit'],
        on: {
          'plugin.restart': { target: 'restarting', actions: 'noteRestartDecision' },
          'plugin.stop': [
            { guard: 'endedNormally', target: 'idle', actions: 'unwant' },
            { actions: ['unwant', 'reportChange'] },
          ],
          'plugin.giveUp': { target: 'failed', actions: 'noteFailure' },
          'plugin.suspend': { guard: 'isWanted', target: 'pending', actions: 'suspend' },
          ...whileDown,
          'plugin.setPolicy': { actions: 'notePolicy' },
        },
      },
      restarting: {
        description: 'The next start follows after the backoff.',
        entry: 'enterState',
        on: {
          'plugin.suspend': { target: 'pending', actions: 'suspend' },
          ...whileDown,
          'plugin.setPolicy': { target: 'restarting', reenter: true, actions: 'notePolicy' },
        },
        after: { restartDelay: 'live' },
      },
      failed: {
        description:
          'The supervisor has given it up until it is activated or the half-open interval has passed.',
        entry: ['enterState', 'reportChange'],
        on: {
          'plugin.suspend': { target: 'pending', actions: 'suspend' },
          ...whileDown,
          'plugin.setPolicy': { target: 'failed', reenter: true, actions: 'notePolicy' },
        },
        after: { halfOpenInterval: { guard: 'isHalfOpenEnabled', target: 'live' } },
      },
      removed: {
        description: 'It is removed from the tree; all that belongs to it ends at once.',
        type: 'final',
      },
    },
  });
}
