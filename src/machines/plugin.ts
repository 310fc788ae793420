import { and, not, or } from 'xstate';
import type { FailedReason } from '../model/index.js';
import { initialContext } from './plugin.context.js';
import type { PluginEffects } from './plugin.effects.js';
import { channelInput, processInput, required, subject } from './plugin.inputs.js';
import { healthPolicy } from './plugin.reattach.js';
import { pluginWords } from './plugin.words.js';

export type PluginMachine = ReturnType<typeof createPluginMachine>;

const hold = {
  type: 'hold',
  params: ({ event }: { event: { because: string } }) => ({ because: event.because }),
} as const;

const queue = {
  type: 'queue',
  params: ({ event }: { event: { because: string } }) => ({ because: event.because }),
} as const;

const giveUp = {
  type: 'noteFailure',
  params: ({ event }: { event: { reason: FailedReason; withGroup?: boolean } }) => ({
    reason: event.reason,
    withGroup: event.withGroup,
  }),
} as const;

/**
 * One plugin, from its bundle to its end and back. `live` is the scope in which a process exists: entering it
 * starts one, and only the process's end leaves it. All time is here; all deeds are in the effects.
 */
export function createPluginMachine(effects: PluginEffects) {
  return pluginWords(effects).createMachine({
    id: 'plugin',
    description: 'One plugin: its process, its connection, its health, its end.',
    context: ({ input }) => initialContext(input, effects.now()),
    initial: 'idle',
    on: { 'plugin.dismiss': '.dismissed' },
    states: {
      idle: {
        description: 'No process, and none wanted.',
        entry: ['arrive', 'reportRest'],
        on: {
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { actions: 'reportRest' },
          'plugin.setPolicy': { actions: 'notePolicy' },
          'plugin.hold': { actions: 'reportRest' },
          'plugin.queue': { target: 'held', actions: queue },
          'plugin.giveUp': { target: 'failed', actions: ['noteEarlierFailure', giveUp] },
        },
      },
      held: {
        description:
          'Wanted, and without a process until its supervisor lets it go on: its turn, or its group.',
        entry: ['arriveHeld', 'reportHeld'],
        on: {
          'plugin.setPolicy': { actions: 'notePolicy' },
          'plugin.proceed': { target: 'live', actions: 'letGo' },
          'plugin.hold': { actions: 'reportHeld' },
          'plugin.queue': { actions: 'reportHeld' },
          'plugin.refuse': {
            target: 'idle',
            actions: [{ type: 'noteError', params: ({ event }) => ({ error: event.error }) }, 'unwant'],
          },
          'plugin.giveUp': { target: 'failed', actions: giveUp },
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
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
              actions: { type: 'endBecauseRefused', params: ({ event }) => ({ error: event.error }) },
            },
            {
              guard: and(['isCurrent', 'isAttaching']),
              target: 'idle',
              actions: [{ type: 'recordDefect', params: ({ event }) => ({ error: event.error }) }, 'unwant'],
            },
            {
              guard: and(['isCurrent', 'isHeld']),
              target: 'held',
              actions: { type: 'recordDefect', params: ({ event }) => ({ error: event.error }) },
            },
            {
              guard: 'isCurrent',
              target: 'crashed',
              actions: { type: 'recordDefect', params: ({ event }) => ({ error: event.error }) },
            },
          ],
        },
        states: {
          spawning: {
            description:
              'The bundle is looked up and its program started; or a running process is looked up.',
            entry: {
              type: 'enter',
              params: ({ context }) => ({ phase: context.reattach === null ? 'interpreter' : 'spawn' }),
            },
            on: {
              'process.located': { actions: ['noteCommand', { type: 'enter', params: { phase: 'spawn' } }] },
              'process.started': [
                {
                  guard: and(['isCurrent', 'isWanted', 'isHeld']),
                  target: 'stopping.killing',
                  actions: ['noteProcess', 'endBecauseHeld'],
                },
                {
                  guard: and(['isCurrent', 'isWanted']),
                  target: 'handshaking',
                  actions: ['noteProcess', 'openLogs'],
                },
                {
                  guard: 'isCurrent',
                  target: 'stopping.killing',
                  actions: ['noteProcess', 'endBecauseDeactivated'],
                },
              ],
              'process.attached': [
                {
                  guard: and(['isCurrent', 'isWanted', 'isHeld']),
                  target: 'stopping.releasing',
                  actions: ['noteProcess', 'endBecauseHeld'],
                },
                {
                  guard: and(['isCurrent', 'isWanted']),
                  target: 'handshaking.dialling',
                  actions: ['noteProcess', 'noteHandshake', 'openLogs', 'watchAttached'],
                },
                {
                  guard: 'isCurrent',
                  target: 'stopping.releasing',
                  actions: ['noteProcess', 'endBecauseDeactivated'],
                },
              ],
              'plugin.deactivate': { actions: 'unwant' },
              'plugin.hold': { guard: 'isWanted', actions: hold },
              'plugin.queue': { guard: not('isWanted'), actions: queue },
            },
            after: {
              startTimeout: [
                { guard: 'isAttaching', target: '#plugin.idle', actions: ['recordSlowSpawn', 'unwant'] },
                {
                  guard: and(['isWanted', 'isHeld']),
                  target: '#plugin.held',
                  actions: 'recordSlowSpawn',
                },
                { guard: 'isWanted', target: '#plugin.crashed', actions: 'recordSlowSpawn' },
                { target: '#plugin.idle', actions: 'recordSlowSpawn' },
              ],
            },
          },
          handshaking: {
            description: 'The process runs, but cannot serve yet: its line, the dial, its health, its hook.',
            initial: 'reading',
            on: {
              'plugin.deactivate': [
                { guard: 'isConnected', target: 'stopping.asking', actions: 'endBecauseDeactivated' },
                { target: 'stopping.terminating', actions: 'endBecauseDeactivated' },
              ],
              'channel.lost': {
                target: '.suspecting',
                actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
              },
              'plugin.hold': [
                { guard: 'isConnected', target: 'stopping.asking', actions: [hold, 'endBecauseHeld'] },
                { target: 'stopping.terminating', actions: [hold, 'endBecauseHeld'] },
              ],
            },
            after: { startTimeout: { target: 'stopping.killing', actions: 'endBecauseLate' } },
            states: {
              reading: {
                description: 'Waiting for the handshake line.',
                entry: { type: 'enter', params: { phase: 'handshake' } },
                invoke: { src: 'handshake', input: ({ context }) => processInput(context) },
                on: {
                  'handshake.noise': { actions: 'noteNoise' },
                  'handshake.pending': { actions: 'notePending' },
                  'handshake.read': { target: 'dialling', actions: 'noteHandshake' },
                  'handshake.rejected': {
                    target: '#plugin.live.stopping.killing',
                    actions: { type: 'endBecauseRefused', params: ({ event }) => ({ error: event.error }) },
                  },
                },
              },
              dialling: {
                description: 'Connecting to the address that the line named.',
                entry: { type: 'enter', params: { phase: 'dial' } },
                invoke: {
                  src: 'dial',
                  input: ({ context }) => ({
                    ...processInput(context),
                    handshake: required(context.handshake),
                  }),
                },
                on: {
                  'channel.ready': {
                    target: 'probing',
                    actions: ['noteChannel', 'openStdio', 'openBroker', 'watchConnection'],
                  },
                  'channel.refused': {
                    target: 'redialling',
                    actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
                  },
                  'channel.failed': {
                    target: '#plugin.live.stopping.killing',
                    actions: { type: 'endBecauseRefused', params: ({ event }) => ({ error: event.error }) },
                  },
                },
              },
              redialling: {
                description:
                  'It took no connection; some plugins print their line slightly before they listen.',
                after: { redialPause: 'dialling' },
              },
              probing: {
                description: 'Asking the health service for SERVING.',
                entry: { type: 'enter', params: { phase: 'health' } },
                invoke: { src: 'probe', input: ({ context }) => channelInput(context) },
                on: {
                  'probe.passed': 'activating',
                  'probe.failed': {
                    target: 'pausing',
                    actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
                  },
                },
                after: { startDeadline: 'pausing' },
              },
              pausing: {
                description: 'Not SERVING yet; asking again soon.',
                after: { startInterval: 'probing' },
              },
              activating: {
                description: 'OnActivate runs, where the plugin implements it.',
                entry: { type: 'enter', params: { phase: 'hooks' } },
                invoke: { src: 'onActivate', input: ({ context }) => channelInput(context) },
                on: {
                  'hook.returned': { target: '#plugin.live.healthy', actions: 'noteHooks' },
                  'hook.failed': {
                    target: '#plugin.live.stopping.asking',
                    actions: { type: 'endBecauseRefused', params: ({ event }) => ({ error: event.error }) },
                  },
                },
              },
              suspecting: {
                description:
                  'Its only connection has ended; if the process is dying, its exit is told first.',
                after: {
                  suspicion: {
                    target: '#plugin.live.stopping.killing',
                    actions: {
                      type: 'endBecauseRefused',
                      params: ({ context }) => ({
                        error: required(context.error).with({ phase: context.phase }),
                      }),
                    },
                  },
                },
              },
            },
          },
          healthy: {
            description: 'It serves.',
            entry: [{ type: 'enter', params: { phase: 'serving' } }, 'noteHealthy', 'reportReady'],
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
                  actions: { type: 'endBecauseUnhealthy', params: ({ event }) => ({ error: event.error }) },
                },
                {
                  target: 'stopping.terminating',
                  actions: { type: 'endBecauseUnhealthy', params: ({ event }) => ({ error: event.error }) },
                },
              ],
              'plugin.deactivate': { target: 'stopping', actions: 'endBecauseDeactivated' },
              'plugin.hold': { target: 'stopping', actions: [hold, 'endBecauseHeld'] },
            },
          },
          stopping: {
            description: 'It is brought down, one rung after the other, each with its own deadline.',
            initial: 'draining',
            on: {
              'plugin.activate': { actions: 'wantAgain' },
              'plugin.deactivate': { actions: 'unwant' },
              'plugin.hold': { guard: 'isWanted', actions: hold },
              'plugin.queue': { guard: not('isHeld'), actions: queue },
              'plugin.proceed': { guard: 'isHeld', actions: 'startAgain' },
              'plugin.refuse': {
                guard: 'isHeld',
                actions: [{ type: 'noteError', params: ({ event }) => ({ error: event.error }) }, 'unwant'],
              },
            },
            states: {
              draining: {
                description: 'New calls are refused; calls in flight may finish.',
                entry: { type: 'enter', params: { phase: 'stopping', rung: 'draining' } },
                invoke: { src: 'drain', input: ({ context }) => channelInput(context) },
                on: { 'drain.finished': 'deactivating' },
                after: { drainTimeout: 'deactivating' },
              },
              deactivating: {
                description: 'OnDeactivate runs, where the plugin implements it.',
                entry: { type: 'enter', params: { phase: 'stopping', rung: 'deactivating' } },
                always: { guard: not('hasDeactivateHook'), target: 'asking' },
                invoke: { src: 'onDeactivate', input: ({ context }) => channelInput(context) },
                on: { 'hook.returned': 'asking', 'hook.failed': 'asking' },
                after: { hookTimeout: 'asking' },
              },
              asking: {
                description: 'GRPCController.Shutdown has been called.',
                entry: { type: 'enter', params: { phase: 'stopping', rung: 'asking' } },
                always: { guard: not('isOurs'), target: 'releasing' },
                invoke: { src: 'shutdown', input: ({ context }) => channelInput(context) },
                on: { 'shutdown.unsupported': 'terminating' },
                after: { shutdownTimeout: 'terminating' },
              },
              terminating: {
                description: 'SIGTERM has been sent to the process group.',
                entry: { type: 'enter', params: { phase: 'stopping', rung: 'terminating' } },
                always: { guard: not('maySignal'), target: 'releasing' },
                invoke: {
                  src: 'signal',
                  input: ({ context }) => ({ ...processInput(context), signal: 'SIGTERM' }),
                },
                after: { termTimeout: 'killing' },
              },
              killing: {
                description: 'SIGKILL has been sent to the process group.',
                entry: { type: 'enter', params: { phase: 'stopping', rung: 'killing' } },
                always: { guard: not('maySignal'), target: 'releasing' },
                invoke: {
                  src: 'signal',
                  input: ({ context }) => ({ ...processInput(context), signal: 'SIGKILL' }),
                },
                // There is no harder way: to come here again would order the same defect again, for ever.
                on: {
                  'effect.broke': {
                    actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
                  },
                },
                after: {
                  killTimeout: [
                    { guard: and(['isWanted', 'isHeld']), target: '#plugin.held', actions: 'recordLoss' },
                    { guard: 'isWanted', target: '#plugin.crashed', actions: 'recordLoss' },
                    { target: '#plugin.idle', actions: 'recordLoss' },
                  ],
                },
              },
              releasing: {
                description:
                  'An attached process is let go of that is not ours to bring down; it may live on.',
                always: [
                  {
                    guard: or(['isAttaching', not('isWanted')]),
                    target: '#plugin.idle',
                    actions: ['recordRelease', 'unwant'],
                  },
                  { guard: 'isHeld', target: '#plugin.held', actions: 'recordRelease' },
                  {
                    guard: 'isAskedAgain',
                    target: '#plugin.live',
                    reenter: true,
                    actions: 'recordRelease',
                  },
                  { target: '#plugin.crashed', actions: 'recordRelease' },
                ],
              },
            },
          },
        },
      },
      crashed: {
        description: 'No process is left; the supervisor decides what follows.',
        entry: ['arrive', 'reportCrash'],
        on: {
          'plugin.restart': { target: 'restarting', actions: 'noteVerdict' },
          'plugin.rest': [
            { guard: 'endedNormally', target: 'idle', actions: 'unwant' },
            { actions: ['unwant', 'reportRest'] },
          ],
          'plugin.giveUp': { target: 'failed', actions: giveUp },
          'plugin.hold': [{ guard: 'isWanted', target: 'held', actions: hold }, { actions: 'reportRest' }],
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
        entry: ['arrive', 'reportFailed'],
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
