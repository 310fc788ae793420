import { and, assertEvent, assign, enqueueActions, not, or, sendParent, setup, stopChild } from 'xstate';
import type { FailedReason, PluginError, PluginPhase, StopRung } from '../model/index.js';
import { endedNormally } from '../policy/index.js';
import { createAttachmentMachine } from './attachment.js';
import { createHealthMachine } from './health.js';
import { lift } from './lift.js';
import {
  activated,
  becameHealthy,
  begun,
  ended,
  endingBecauseOf,
  entered,
  initialContext,
  tallied,
} from './plugin.context.js';
import type { ChannelInput, HandshakeInput, PluginEffects } from './plugin.effects.js';
import { exitRecord, spawnFailure, startTimeout } from './plugin.exit.js';
import { healthPolicy, isAttaching, isOurs, maySignal } from './plugin.reattach.js';
import type { PluginContext, PluginEvent, PluginInput, PluginReport } from './plugin.types.js';

/** Between two probes of a plugin that is not SERVING yet. */
const startProbePauseMs = 50;
/** Stands for "never": the longest delay that a timer can hold. */
const never = 2 ** 31 - 1;

export type PluginMachine = ReturnType<typeof createPluginMachine>;

/**
 * One plugin, from its bundle to its end and back. `live` is the scope in which a process exists: entering it
 * starts one, and only the process's end leaves it. All time is here; all deeds are in the effects.
 */
export function createPluginMachine(effects: PluginEffects) {
  const now = () => effects.now();
  return setup({
    types: {} as { context: PluginContext; events: PluginEvent; input: PluginInput },
    actors: {
      process: lift(effects.process.bind(effects)),
      logs: lift(effects.logs.bind(effects)),
      handshake: lift(effects.handshake.bind(effects)),
      dial: lift(effects.dial.bind(effects)),
      probe: lift(effects.probe.bind(effects)),
      onActivate: lift(effects.onActivate.bind(effects)),
      onDeactivate: lift(effects.onDeactivate.bind(effects)),
      stdio: lift(effects.stdio.bind(effects)),
      drain: lift(effects.drain.bind(effects)),
      shutdown: lift(effects.shutdown.bind(effects)),
      signal: lift(effects.signal.bind(effects)),
      health: createHealthMachine(effects),
      attachment: createAttachmentMachine(effects),
    },
    delays: {
      startTimeout: ({ context }) => context.policy.deadlines.startMs,
      startProbePause: startProbePauseMs,
      probeDeadline: ({ context }) => context.policy.health.deadlineMs,
      drainTimeout: ({ context }) => context.policy.deadlines.drainMs,
      hookTimeout: ({ context }) => context.policy.deadlines.hookMs,
      shutdownTimeout: ({ context }) => context.policy.deadlines.shutdownMs,
      termTimeout: ({ context }) => context.policy.deadlines.termMs,
      killTimeout: ({ context }) => context.policy.deadlines.killMs,
      restartDelay: ({ context }) => context.retryDelayMs,
      halfOpenInterval: ({ context }) => context.policy.restart.halfOpenAfterMs ?? never,
    },
    guards: {
      isCurrent: ({ context, event }) => !('generation' in event) || event.generation === context.generation,
      isWanted: ({ context }) => context.wanted,
      hasProcess: ({ context }) => context.process !== null,
      isAttaching: ({ context }) => isAttaching(context),
      isOurs: ({ context }) => isOurs(context),
      maySignal: ({ context }) => maySignal(context),
      isAskedAgain: ({ context }) => context.again,
      isConnected: ({ context }) => context.channel !== null,
      isUnwell: (_, params: { error: PluginError }) => params.error.code === 'NOT_SERVING',
      hasDeactivateHook: ({ context }) => context.hooks?.includes('OnDeactivate') ?? false,
      endedNormally: ({ context }) => context.lastExit !== null && endedNormally(context.lastExit),
      triesAgain: ({ context }) => context.policy.restart.halfOpenAfterMs !== null,
    },
    actions: {
      activate: assign(() => activated()),
      want: assign({ wanted: true }),
      wantAgain: assign(() => ({ ...activated(), again: true })),
      unwant: assign({ wanted: false, again: false }),
      begin: assign(({ context }) => begun(context, now())),
      enter: assign(({ context, event }, place: { phase: PluginPhase; rung?: StopRung }) =>
        entered(context, event, place, now()),
      ),
      arrive: assign(({ event }) => ({ since: now(), because: event.type })),
      noteCommand: assign(({ event }) =>
        event.type === 'process.located' ? { command: event.command } : {},
      ),
      noteProcess: assign(({ event }) =>
        event.type === 'process.started' || event.type === 'process.attached'
          ? { process: event.process }
          : {},
      ),
      noteReattach: assign(({ event }) =>
        event.type === 'plugin.reattach' ? { reattach: event.config } : {},
      ),
      noteNoise: assign(({ context, event }) =>
        event.type === 'handshake.noise' ? { noise: [...context.noise, event.line] } : {},
      ),
      notePending: assign(({ event }) => (event.type === 'handshake.pending' ? { pending: event.text } : {})),
      noteHandshake: assign(({ event }) =>
        event.type === 'handshake.read' || event.type === 'process.attached'
          ? { handshake: event.handshake }
          : {},
      ),
      noteChannel: assign(({ event }) => (event.type === 'channel.ready' ? { channel: event.channel } : {})),
      noteHooks: assign(({ event }) => (event.type === 'hook.returned' ? { hooks: event.hooks } : {})),
      noteStdio: assign({ stdio: (_, params: { opened: boolean }) => params.opened }),
      noteError: assign({ error: (_, params: { error: PluginError }) => params.error }),
      noteHealthy: assign(() => becameHealthy(now())),
      noteHealth: assign(({ context, event }) =>
        event.type === 'health.passed' || event.type === 'health.missed'
          ? { health: tallied(context.health, event) }
          : {},
      ),
      noteVerdict: assign(({ context, event }) =>
        event.type === 'plugin.restart'
          ? { retryDelayMs: event.delayMs, restarts: context.restarts + 1 }
          : {},
      ),
      noteFailure: assign((_, params: { reason: FailedReason }) => ({ failedReason: params.reason })),
      endBecauseDeactivated: assign(({ context }) => ({
        ...endingBecauseOf(context, { cause: 'deactivated', error: null }),
        wanted: false,
      })),
      endBecauseRefused: assign(({ context }, params: { error: PluginError }) =>
        endingBecauseOf(context, {
          cause: 'refused',
          error: params.error.with({ plugin: context.bundle.manifest.id }),
        }),
      ),
      endBecauseLate: assign(({ context }) =>
        endingBecauseOf(context, { cause: 'refused', error: startTimeout(context) }),
      ),
      endBecauseUnhealthy: assign(({ context }, params: { error: PluginError }) =>
        endingBecauseOf(context, { cause: 'unhealthy', error: params.error }),
      ),
      recordExit: assign(({ context, event }) => {
        assertEvent(event, 'process.exited');
        return ended(exitRecord(context, event));
      }),
      recordSpawnFailure: assign(({ context, event }) => {
        assertEvent(event, 'process.failed');
        return ended(spawnFailure(context, event.at, event.error));
      }),
      recordDefect: assign(({ context }, params: { error: PluginError }) =>
        ended(spawnFailure(context, now(), params.error)),
      ),
      recordSlowSpawn: assign(({ context }) => ended(spawnFailure(context, now(), startTimeout(context)))),
      recordLoss: assign(({ context }) =>
        ended(exitRecord(context, { at: now(), code: null, signal: null, diagnosis: '', lost: true })),
      ),
      recordRelease: assign(({ context }) =>
        ended(exitRecord(context, { at: now(), code: null, signal: null, diagnosis: '', released: true })),
      ),
      askCheck: enqueueActions(({ context, enqueue }) => {
        const number = context.health.asked + 1;
        enqueue.assign({ health: { ...context.health, asked: number } });
        enqueue.sendTo('health', { type: 'health.check', number });
      }),
      openLogs: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('logs', { id: 'logs', input: processInput(context) });
      }),
      openStdio: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('stdio', { id: 'stdio', input: channelInput(context) });
      }),
      watchAttached: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('attachment', { id: 'attachment', input: processInput(context) });
      }),
      closeAttachment: stopChild('attachment'),
      closeLogs: stopChild('logs'),
      closeStdio: stopChild('stdio'),
      reportRest: sendParent(({ context }): PluginReport => ({
        type: 'plugin.rested',
        plugin: context.bundle.manifest.id,
      })),
      reportCrash: sendParent(({ context }): PluginReport => {
        const { bundle, wasHealthy, lastExit } = context;
        return { type: 'plugin.crashed', plugin: bundle.manifest.id, exit: required(lastExit), wasHealthy };
      }),
    },
  }).createMachine({
    id: 'plugin',
    description: 'One plugin: its process, its connection, its health, its end.',
    context: ({ input }) => initialContext(input, now()),
    initial: 'idle',
    states: {
      idle: {
        description: 'No process, and none wanted.',
        entry: ['arrive', 'reportRest'],
        on: {
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { actions: 'reportRest' },
        },
      },
      live: {
        description:
          'A process exists or is being made; only its end, or letting go of it, leaves this state.',
        initial: 'spawning',
        entry: 'begin',
        exit: ['closeStdio', 'closeLogs', 'closeAttachment'],
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
            { guard: 'isCurrent', target: 'crashed', actions: 'recordSpawnFailure' },
          ],
          'plugin.activate': { actions: 'want' },
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
                  guard: and(['isCurrent', 'isWanted']),
                  target: 'handshaking.dialling',
                  actions: ['noteProcess', 'noteHandshake', 'watchAttached'],
                },
                {
                  guard: 'isCurrent',
                  target: 'stopping.releasing',
                  actions: ['noteProcess', 'endBecauseDeactivated'],
                },
              ],
              'plugin.deactivate': { actions: 'unwant' },
            },
            after: {
              startTimeout: [
                { guard: 'isAttaching', target: '#plugin.idle', actions: ['recordSlowSpawn', 'unwant'] },
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
                  'channel.ready': { target: 'probing', actions: ['noteChannel', 'openStdio'] },
                  'channel.failed': {
                    target: '#plugin.live.stopping.killing',
                    actions: { type: 'endBecauseRefused', params: ({ event }) => ({ error: event.error }) },
                  },
                },
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
                after: { probeDeadline: 'pausing' },
              },
              pausing: {
                description: 'Not SERVING yet; asking again soon.',
                after: { startProbePause: 'probing' },
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
            },
          },
          healthy: {
            description: 'It serves.',
            entry: [{ type: 'enter', params: { phase: 'serving' } }, 'noteHealthy'],
            invoke: {
              src: 'health',
              id: 'health',
              input: ({ context }) => ({ ...channelInput(context), policy: healthPolicy(context) }),
            },
            on: {
              'plugin.check': { actions: 'askCheck' },
              'health.passed': { actions: 'noteHealth' },
              'health.missed': { actions: 'noteHealth' },
              'health.lost': [
                {
                  guard: { type: 'isUnwell', params: ({ event }) => ({ error: event.error }) },
                  target: 'stopping.asking',
                  actions: { type: 'endBecauseUnhealthy', params: ({ event }) => ({ error: event.error }) },
                },
                {
                  target: 'stopping.terminating',
                  actions: { type: 'endBecauseUnhealthy', params: ({ event }) => ({ error: event.error }) },
                },
              ],
              'plugin.deactivate': { target: 'stopping', actions: 'endBecauseDeactivated' },
            },
          },
          stopping: {
            description: 'It is brought down, one rung after the other, each with its own deadline.',
            initial: 'draining',
            on: {
              'plugin.activate': { actions: 'wantAgain' },
              'plugin.deactivate': { actions: 'unwant' },
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
                after: {
                  killTimeout: [
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
            { actions: 'unwant' },
          ],
          'plugin.giveUp': {
            target: 'failed',
            actions: { type: 'noteFailure', params: ({ event }) => ({ reason: event.reason }) },
          },
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
        },
      },
      restarting: {
        description: 'The next start is due after a pause.',
        entry: 'arrive',
        on: {
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
        },
        after: { restartDelay: 'live' },
      },
      failed: {
        description: 'The supervisor has given up; somebody must act, or the half-open interval pass.',
        entry: 'arrive',
        on: {
          'plugin.activate': { target: 'live', actions: 'activate' },
          'plugin.reattach': { target: 'live', actions: ['activate', 'noteReattach'] },
          'plugin.deactivate': { target: 'idle', actions: 'unwant' },
        },
        after: { halfOpenInterval: { guard: 'triesAgain', target: 'live' } },
      },
    },
  });
}

function subject({ bundle, generation }: PluginContext) {
  return { plugin: bundle.manifest.id, generation };
}

function processInput(context: PluginContext): HandshakeInput {
  return { ...subject(context), process: required(context.process) };
}

function channelInput(context: PluginContext): ChannelInput {
  return { ...subject(context), channel: required(context.channel) };
}

/** What the chart guarantees where this is called; the compiler cannot see it. */
function required<Value>(value: Value | null): Value {
  if (value === null) throw new Error('The plugin chart was entered without what its state needs.');
  return value;
}
