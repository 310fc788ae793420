import { assertEvent, assign, enqueueActions, sendParent, sendTo, setup, stopChild } from 'xstate';
import type { FailedReason, PluginError, PluginPhase, StopStep } from '../../model/index.js';
import { endedNormally } from '../../policy/index.js';
import { createAttachmentMachine } from './attachment.js';
import { maxTimerMs } from '../delays.js';
import { createHealthMachine } from '../health/machine.js';
import { exitGraceMs } from '../health/setup.js';
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
} from './context.js';
import type { PluginEffects } from '../effects.js';
import { exitRecord, isRequested, spawnFailure, startTimeout } from './exit.js';
import { channelInput, processInput, required } from './inputs.js';
import { healthPolicy, isAttaching, isOurs, maySignal } from './reattach.js';
import type { HealthReport, PluginContext, PluginEvent, PluginInput, PluginReport } from './types.js';

/** Between two tries to connect: some plugins print their line slightly before they listen. */
const dialRetryDelayMs = 20;

export type PluginSetup = ReturnType<typeof setupPlugin>;

/** The words that the plugin's chart is told in: its actors, delays, guards and actions. */
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
      // Both are counted from the moment at which it came here, also when the policy changes meanwhile.
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
      // Somebody wants it who had wanted it down, and there is nothing to wait for any more.
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
      // A running process is what is wanted now, whatever it waited for.
      activateReattached: assign(({ context, event }) => ({ ...activated(context, event), suspended: null })),
      // Its turn has come while it was still spawned for nobody; only its group goes on holding it.
      want: assign({ wanted: true, queued: null }),
      unwant: assign({ wanted: false, queued: null, suspended: null }),
      enqueue: assign(({ context, event }, params: { because: string }) =>
        activated(context, event, params.because),
      ),
      wait: assign({ queued: (_, params: { because: string }) => params.because }),
      start: assign({ queued: null }),
      suspend: assign({ suspended: (_, params: { because: string }) => params.because }),
      clearPending: assign({ queued: null, suspended: null }),
      resume: assign(({ context }) => resumed(context)),
      beginGeneration: assign(({ context }) => nextGeneration(context, now())),
      enterPhase: assign(({ context, event }, place: { phase: PluginPhase; rung?: StopStep }) =>
        entered(context, event, place, now()),
      ),
      // A timer is set anew by entering its state again: nothing has arrived then.
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
      noteError: assign({ error: (_, params: { error: PluginError }) => params.error }),
      noteEarlierFailure: assign(({ event }) =>
        event.type === 'plugin.giveUp' ? { wanted: true, error: event.error ?? null } : {},
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
      noteFailure: assign((_, params: { reason: FailedReason; withGroup?: boolean | undefined }) => ({
        failedReason: params.reason,
        failedWithGroup: params.withGroup ?? false,
        queued: null,
        suspended: null,
      })),
      endBecauseDeactivated: assign(({ context }) => ({
        ...endingBecauseOf(context, { cause: 'deactivated', error: null }),
        wanted: false,
      })),
      endBecauseSuspended: assign(({ context }) =>
        endingBecauseOf(context, { cause: 'suspended', error: null }),
      ),
      endBecauseRejected: assign(({ context }, params: { error: PluginError }) =>
        endingBecauseOf(context, {
          cause: 'rejected',
          error: params.error.with({ plugin: context.bundle.manifest.id }),
        }),
      ),
      endBecauseStartTimeout: assign(({ context }) =>
        endingBecauseOf(context, { cause: 'rejected', error: startTimeout(context) }),
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
        // Where another connection can be made, the end of one says nothing.
        if (context.channel?.multiplexed === true)
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

/** What keeps it down, when it is its group; else what it waits for. */
function pendingReason({ suspended, queued }: PluginContext): string | null {
  return suspended ?? queued;
}

/** Whether a plugin that lost its health still talks over the connection that we have. */
function isStillConnected({ code }: PluginError): boolean {
  return code === 'NOT_SERVING' || code === 'CONNECT_FAILED';
}
