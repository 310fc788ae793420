import { assertEvent, assign, enqueueActions, sendParent, sendTo, setup, stopChild } from 'xstate';
import { maxTimerMs, type PluginError, type PluginPhase, type StopStep } from '../../model/index.js';
import { endedNormally } from '../../policy/index.js';
import { createAttachmentMachine } from './attachment.js';
import { createHealthMachine } from '../health/machine.js';
import { exitGraceMs, type HealthReport } from '../health/setup.js';
import { fromEffect } from '../from-effect.js';
import {
  activated,
  becameHealthy,
  nextGeneration,
  causeOf,
  ended,
  endingBecauseOf,
  entered,
  resumed,
  withHealthReport,
  underPolicy,
  channelInput,
  processInput,
  required,
} from './context.js';
import type { PluginEffects } from '../effects.js';
import { exitRecord, isRequested, spawnFailure } from './exit.js';
import { startTimeout } from './start-timeout.js';
import { healthPolicy, isAttaching, isOurs, maySignal } from './reattach.js';
import type { PluginContext, PluginEvent, PluginInput, PluginReport } from './types.js';

/** Between two attempts to connect, in milliseconds: some plugins print their handshake line before they listen. */
const dialRetryDelayMs = 20;

/** The setup of the plugin machine, for the files that define its states. */
export type PluginSetup = ReturnType<typeof setupPlugin>;

/** The types, actors, delays, guards and actions of the plugin machine. */
export function setupPlugin(effects: PluginEffects) {
  const now = () => effects.now();
  const remaining = ({ since }: PluginContext, ms: number) => Math.max(0, since + ms - now());
  return setup({
    types: {} as { context: PluginContext; events: PluginEvent; input: PluginInput },
    actors: {
      process: fromEffect(effects.process.bind(effects)),
      logs: fromEffect(effects.logs.bind(effects)),
      handshake: fromEffect(effects.handshake.bind(effects)),
      dial: fromEffect(effects.dial.bind(effects)),
      connection: fromEffect(effects.connection.bind(effects)),
      probe: fromEffect(effects.probe.bind(effects)),
      onActivate: fromEffect(effects.onActivate.bind(effects)),
      onDeactivate: fromEffect(effects.onDeactivate.bind(effects)),
      stdio: fromEffect(effects.stdio.bind(effects)),
      broker: fromEffect(effects.broker.bind(effects)),
      drain: fromEffect(effects.drain.bind(effects)),
      shutdown: fromEffect(effects.shutdown.bind(effects)),
      signal: fromEffect(effects.signal.bind(effects)),
      health: createHealthMachine(effects),
      attachment: createAttachmentMachine(effects),
    },
    delays: {
      startTimeout: ({ context }) => context.startMs,
      dialRetryDelay: dialRetryDelayMs,
      exitGracePeriod: exitGraceMs,
      startupProbeInterval: ({ context }) => context.policy.health.startIntervalMs,
      startupProbeTimeout: ({ context }) => context.policy.health.startDeadlineMs,
      drainTimeout: ({ context }) => context.policy.deadlines.drainMs,
      hookTimeout: ({ context }) => context.policy.deadlines.hookMs,
      shutdownTimeout: ({ context }) => context.policy.deadlines.shutdownMs,
      termTimeout: ({ context }) => context.policy.deadlines.termMs,
      killTimeout: ({ context }) => context.policy.deadlines.killMs,
      // Both count from the moment at which the state was entered, also when the policy changes meanwhile.
      restartDelay: ({ context }) => remaining(context, context.pause.delayMs),
      halfOpenInterval: ({ context }) =>
        remaining(context, context.policy.restart.halfOpenAfterMs ?? maxTimerMs),
    },
    guards: {
      isCurrent: ({ context, event }) => !('generation' in event) || event.generation === context.generation,
      isWanted: ({ context }) => context.wanted,
      hasProcess: ({ context }) => context.process !== null,
      isAttaching: ({ context }) => isAttaching(context),
      isOurs: ({ context }) => isOurs(context),
      maySignal: ({ context }) => maySignal(context),
      isQueued: ({ context }) => context.queued !== null,
      isSuspended: ({ context }) => context.suspended !== null,
      isPending: ({ context }) => context.queued !== null || context.suspended !== null,
      // An operator stopped it and wants it again, and it is neither queued nor suspended.
      isRestartRequested: ({ context }) => context.ending !== null && isRequested(context.ending),
      isConnected: ({ context }) => context.channel !== null,
      isStillConnected: (_, params: { error: PluginError }) => isStillConnected(params.error),
      hasDeactivateHook: ({ context }) => context.hooks?.includes('OnDeactivate') ?? false,
      endedNormally: ({ context }) => context.lastExit !== null && endedNormally(context.lastExit),
      isHalfOpenEnabled: ({ context }) =>
        context.policy.restart.halfOpenAfterMs !== null && !context.failedWithGroup,
    },
    actions: {
      activate: assign(({ context, event }) => activated(context, event)),
      // A running process needs no group restart to start it.
      activateReattached: assign(({ context, event }) => ({ ...activated(context, event), suspended: null })),
      // It is activated while its process, which was not wanted any more, is still being spawned.
      want: assign({ wanted: true, queued: null }),
      unwant: assign({ wanted: false, queued: null, suspended: null }),
      enqueue: assign(({ context, event }) =>
        activated(context, event, reasonOf(event) ?? 'startSlot.awaited'),
      ),
      wait: assign({ queued: ({ event }) => reasonOf(event) }),
      start: assign({ queued: null }),
      suspend: assign({ suspended: ({ event }) => reasonOf(event) }),
      clearPending: assign({ queued: null, suspended: null }),
      resume: assign(({ context }) => resumed(context)),
      beginGeneration: assign(({ context }) => nextGeneration(context, now())),
      enterPhase: assign(({ context, event }, step: { phase: PluginPhase; stopStep?: StopStep }) =>
        entered(context, event, step, now()),
      ),
      // A new policy reenters the state to restart its timer, which is no change of state.
      enterState: assign(({ event }) =>
        event.type === 'plugin.setPolicy' ? {} : { since: now(), because: causeOf(event) },
      ),
      notePolicy: assign(({ context, event }) =>
        event.type === 'plugin.setPolicy' ? underPolicy(context, event.policy) : {},
      ),
      sendHealthPolicy: sendTo('health', ({ context }) => ({
        type: 'health.setPolicy' as const,
        policy: healthPolicy(context),
      })),
      enterPending: assign(({ context, event }) => ({
        since: now(),
        because: pendingReason(context) ?? causeOf(event),
      })),
      updateReason: assign(({ context }) => ({ because: pendingReason(context) ?? context.because })),
      noteCommand: assign(({ context, event }) =>
        event.type === 'process.located'
          ? { command: event.command, bundle: event.bundle ?? context.bundle }
          : {},
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
      notePartialLine: assign(({ event }) =>
        event.type === 'handshake.partialLine' ? { partialLine: event.text } : {},
      ),
      noteHandshake: assign(({ event }) =>
        event.type === 'handshake.read' || event.type === 'process.attached'
          ? { handshake: event.handshake }
          : {},
      ),
      noteChannel: assign(({ event }) => (event.type === 'channel.ready' ? { channel: event.channel } : {})),
      noteHooks: assign(({ event }) => (event.type === 'hook.returned' ? { hooks: event.hooks } : {})),
      noteStdio: assign({ stdio: (_, params: { opened: boolean }) => params.opened }),
      noteError: assign({ error: ({ event }) => errorOf(event) }),
      noteEarlierFailure: assign(({ event }) =>
        event.type === 'plugin.giveUp' ? { wanted: true, error: event.error ?? null } : {},
      ),
      noteHealthSource: assign(({ context, event }) =>
        event.type === 'probe.passed'
          ? { health: { ...context.health, source: event.source ?? 'plugin' } }
          : {},
      ),
      noteHealthy: assign(() => becameHealthy(now())),
      noteHealth: assign(({ context }, params: { report: HealthReport }) =>
        withHealthReport(context, params.report, now()),
      ),
      noteRestartDecision: assign(({ context, event }) =>
        event.type === 'plugin.restart'
          ? {
              pause: { attempt: event.attempt, delayMs: event.delayMs },
              restarts: context.restarts + 1,
            }
          : {},
      ),
      noteFailure: assign(({ event }) =>
        event.type === 'plugin.giveUp'
          ? {
              failedReason: event.reason,
              failedWithGroup: event.withGroup ?? false,
              queued: null,
              suspended: null,
            }
          : {},
      ),
      endBecauseDeactivated: assign(({ context }) => ({
        ...endingBecauseOf(context, { cause: 'deactivated', error: null }),
        wanted: false,
      })),
      endBecauseSuspended: assign(({ context }) =>
        endingBecauseOf(context, { cause: 'suspended', error: null }),
      ),
      endBecauseRejected: assign(({ context, event }) => rejectedBecauseOf(context, errorOf(event))),
      endBecauseDisconnected: assign(({ context }) =>
        rejectedBecauseOf(context, required(context.error).with({ phase: context.phase })),
      ),
      endBecauseStartTimeout: assign(({ context }) =>
        endingBecauseOf(context, { cause: 'rejected', error: startTimeout(context) }),
      ),
      endBecauseUnhealthy: assign(({ context, event }) =>
        endingBecauseOf(context, { cause: 'unhealthy', error: errorOf(event) }),
      ),
      recordExit: assign(({ context, event }) => {
        assertEvent(event, 'process.exited');
        return ended(exitRecord(context, event));
      }),
      recordSpawnFailure: assign(({ context, event }) => {
        assertEvent(event, 'process.failed');
        return ended(spawnFailure(context, event.at, event.error));
      }),
      recordInternalError: assign(({ context, event }) =>
        ended(spawnFailure(context, now(), errorOf(event))),
      ),
      recordSpawnTimeout: assign(({ context }) => ended(spawnFailure(context, now(), startTimeout(context)))),
      recordUnkillable: assign(({ context }) =>
        ended(exitRecord(context, { at: now(), code: null, signal: null, diagnosis: '', lost: true })),
      ),
      recordDetach: assign(({ context }) =>
        ended(exitRecord(context, { at: now(), code: null, signal: null, diagnosis: '', detached: true })),
      ),
      requestCheck: enqueueActions(({ context, enqueue }) => {
        const number = context.health.checksRequested + 1;
        enqueue.assign({ health: { ...context.health, checksRequested: number } });
        enqueue.sendTo('health', { type: 'health.check', number });
      }),
      sendConnectionLost: sendTo('health', (_, params: { error: PluginError }) => ({
        type: 'channel.lost',
        error: params.error,
      })),
      openLogs: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('logs', { id: 'logs', input: processInput(context) });
      }),
      openStdio: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('stdio', { id: 'stdio', input: channelInput(context) });
      }),
      openConnectionWatch: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('connection', { id: 'connection', input: channelInput(context) });
      }),
      openBroker: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('broker', { id: 'broker', input: channelInput(context) });
      }),
      openAttachment: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('attachment', { id: 'attachment', input: processInput(context) });
      }),
      closeAttachment: stopChild('attachment'),
      closeLogs: stopChild('logs'),
      closeStdio: stopChild('stdio'),
      closeConnectionWatch: stopChild('connection'),
      closeBroker: stopChild('broker'),
      reportChange: sendParent(({ context }): PluginReport => ({
        type: 'plugin.changed',
        plugin: context.bundle.manifest.id,
      })),
      reportExit: sendParent(({ context }): PluginReport => {
        const { bundle, wasHealthy, lastExit } = context;
        return { type: 'plugin.crashed', plugin: bundle.manifest.id, exit: required(lastExit), wasHealthy };
      }),
    },
  });
}

/** Why a pending plugin does not start: its group has suspended it, or it is queued. */
function pendingReason({ suspended, queued }: PluginContext): string | null {
  return suspended ?? queued;
}

/** Whether a plugin that is lost may still answer on its connection. */
function isStillConnected({ code }: PluginError): boolean {
  return code === 'NOT_SERVING' || code === 'CONNECT_FAILED';
}

function rejectedBecauseOf(context: PluginContext, error: PluginError): Partial<PluginContext> {
  const { id } = context.bundle.manifest;
  return endingBecauseOf(context, { cause: 'rejected', error: error.with({ plugin: id }) });
}

/** The reason that a command gives, `null` where it gives none. */
function reasonOf(event: PluginEvent): string | null {
  return 'because' in event ? (event.because ?? null) : null;
}

/** The error of an event that has one, as the chart guarantees where this is called. */
function errorOf(event: PluginEvent): PluginError {
  return required('error' in event ? (event.error ?? null) : null);
}
