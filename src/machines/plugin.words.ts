import { assertEvent, assign, enqueueActions, sendParent, sendTo, setup, stopChild } from 'xstate';
import type { FailedReason, PluginError, PluginPhase, StopRung } from '../model/index.js';
import { endedNormally } from '../policy/index.js';
import { createAttachmentMachine } from './attachment.js';
import { never } from './delays.js';
import { createHealthMachine } from './health.js';
import { suspicionMs } from './health.words.js';
import { lift } from './lift.js';
import {
  activated,
  becameHealthy,
  begun,
  causeOf,
  ended,
  endingBecauseOf,
  entered,
  released,
  reported,
  underPolicy,
} from './plugin.context.js';
import type { PluginEffects } from './plugin.effects.js';
import { exitRecord, isAskedFor, spawnFailure, startTimeout } from './plugin.exit.js';
import { channelInput, processInput, required } from './plugin.inputs.js';
import { healthPolicy, isAttaching, isOurs, maySignal } from './plugin.reattach.js';
import type { HealthReport, PluginContext, PluginEvent, PluginInput, PluginReport } from './plugin.types.js';

/** Between two tries to connect: some plugins print their line slightly before they listen. */
const redialPauseMs = 20;

export type PluginWords = ReturnType<typeof pluginWords>;

/** The words that the plugin's chart is told in: its actors, delays, guards and actions. */
export function pluginWords(effects: PluginEffects) {
  const now = () => effects.now();
  const remaining = ({ since }: PluginContext, ms: number) => Math.max(0, since + ms - now());
  return setup({
    types: {} as { context: PluginContext; events: PluginEvent; input: PluginInput },
    actors: {
      process: lift(effects.process.bind(effects)),
      logs: lift(effects.logs.bind(effects)),
      handshake: lift(effects.handshake.bind(effects)),
      dial: lift(effects.dial.bind(effects)),
      connection: lift(effects.connection.bind(effects)),
      probe: lift(effects.probe.bind(effects)),
      onActivate: lift(effects.onActivate.bind(effects)),
      onDeactivate: lift(effects.onDeactivate.bind(effects)),
      stdio: lift(effects.stdio.bind(effects)),
      broker: lift(effects.broker.bind(effects)),
      drain: lift(effects.drain.bind(effects)),
      shutdown: lift(effects.shutdown.bind(effects)),
      signal: lift(effects.signal.bind(effects)),
      health: createHealthMachine(effects),
      attachment: createAttachmentMachine(effects),
    },
    delays: {
      startTimeout: ({ context }) => context.startMs,
      redialPause: redialPauseMs,
      suspicion: suspicionMs,
      startInterval: ({ context }) => context.policy.health.startIntervalMs,
      startDeadline: ({ context }) => context.policy.health.startDeadlineMs,
      drainTimeout: ({ context }) => context.policy.deadlines.drainMs,
      hookTimeout: ({ context }) => context.policy.deadlines.hookMs,
      shutdownTimeout: ({ context }) => context.policy.deadlines.shutdownMs,
      termTimeout: ({ context }) => context.policy.deadlines.termMs,
      killTimeout: ({ context }) => context.policy.deadlines.killMs,
      // Both are counted from the moment at which it came here, also when the policy changes meanwhile.
      restartDelay: ({ context }) => remaining(context, context.pause.delayMs),
      halfOpenInterval: ({ context }) => remaining(context, context.policy.restart.halfOpenAfterMs ?? never),
    },
    guards: {
      isCurrent: ({ context, event }) => !('generation' in event) || event.generation === context.generation,
      isWanted: ({ context }) => context.wanted,
      hasProcess: ({ context }) => context.process !== null,
      isAttaching: ({ context }) => isAttaching(context),
      isOurs: ({ context }) => isOurs(context),
      maySignal: ({ context }) => maySignal(context),
      awaitsTurn: ({ context }) => context.turn !== null,
      awaitsGroup: ({ context }) => context.hold !== null,
      isHeld: ({ context }) => context.turn !== null || context.hold !== null,
      // Somebody wants it who had wanted it down, and there is nothing to wait for any more.
      isAskedAgain: ({ context }) => context.ending !== null && isAskedFor(context.ending),
      isConnected: ({ context }) => context.channel !== null,
      canBeAsked: (_, params: { error: PluginError }) => answersYet(params.error),
      hasDeactivateHook: ({ context }) => context.hooks?.includes('OnDeactivate') ?? false,
      endedNormally: ({ context }) => context.lastExit !== null && endedNormally(context.lastExit),
      triesAgain: ({ context }) =>
        context.policy.restart.halfOpenAfterMs !== null && !context.failedWithGroup,
    },
    actions: {
      activate: assign(({ context, event }) => activated(context, event)),
      // A running process is what is wanted now, whatever it waited for.
      takeUp: assign(({ context, event }) => ({ ...activated(context, event), hold: null })),
      // Its turn has come while it was still spawned for nobody; only its group goes on holding it.
      want: assign({ wanted: true, turn: null }),
      unwant: assign({ wanted: false, turn: null, hold: null }),
      queue: assign(({ context, event }, params: { because: string }) =>
        activated(context, event, params.because),
      ),
      await: assign({ turn: (_, params: { because: string }) => params.because }),
      proceed: assign({ turn: null }),
      hold: assign({ hold: (_, params: { because: string }) => params.because }),
      waitForNothing: assign({ turn: null, hold: null }),
      release: assign(({ context }) => released(context)),
      begin: assign(({ context }) => begun(context, now())),
      enter: assign(({ context, event }, place: { phase: PluginPhase; rung?: StopRung }) =>
        entered(context, event, place, now()),
      ),
      // A timer is set anew by entering its state again: nothing has arrived then.
      arrive: assign(({ event }) =>
        event.type === 'plugin.setPolicy' ? {} : { since: now(), because: causeOf(event) },
      ),
      notePolicy: assign(({ context, event }) =>
        event.type === 'plugin.setPolicy' ? underPolicy(context, event.policy) : {},
      ),
      tellHealthPolicy: sendTo('health', ({ context }) => ({
        type: 'health.setPolicy' as const,
        policy: healthPolicy(context),
      })),
      arriveHeld: assign(({ context, event }) => ({
        since: now(),
        because: reasonToWait(context) ?? causeOf(event),
      })),
      tellWhy: assign(({ context }) => ({ because: reasonToWait(context) ?? context.because })),
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
      noteEarlierFailure: assign(({ event }) =>
        event.type === 'plugin.giveUp' ? { wanted: true, error: event.error ?? null } : {},
      ),
      noteHealthy: assign(() => becameHealthy(now())),
      noteHealth: assign(({ context }, params: { report: HealthReport }) =>
        reported(context, params.report, now()),
      ),
      noteVerdict: assign(({ context, event }) =>
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
        turn: null,
        hold: null,
      })),
      endBecauseDeactivated: assign(({ context }) => ({
        ...endingBecauseOf(context, { cause: 'deactivated', error: null }),
        wanted: false,
      })),
      endBecauseHeld: assign(({ context }) => endingBecauseOf(context, { cause: 'held', error: null })),
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
      tellLoss: sendTo('health', (_, params: { error: PluginError }) => ({
        type: 'channel.lost',
        error: params.error,
      })),
      openLogs: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('logs', { id: 'logs', input: processInput(context) });
      }),
      openStdio: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('stdio', { id: 'stdio', input: channelInput(context) });
      }),
      watchConnection: enqueueActions(({ context, enqueue }) => {
        // Where another connection can be made, the end of one says nothing.
        if (context.channel?.multiplexed === true)
          enqueue.spawnChild('connection', { id: 'connection', input: channelInput(context) });
      }),
      openBroker: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('broker', { id: 'broker', input: channelInput(context) });
      }),
      watchAttached: enqueueActions(({ context, enqueue }) => {
        enqueue.spawnChild('attachment', { id: 'attachment', input: processInput(context) });
      }),
      closeAttachment: stopChild('attachment'),
      closeLogs: stopChild('logs'),
      closeStdio: stopChild('stdio'),
      leaveConnection: stopChild('connection'),
      closeBroker: stopChild('broker'),
      reportMove: sendParent(({ context }): PluginReport => ({
        type: 'plugin.moved',
        plugin: context.bundle.manifest.id,
      })),
      reportCrash: sendParent(({ context }): PluginReport => {
        const { bundle, wasHealthy, lastExit } = context;
        return { type: 'plugin.crashed', plugin: bundle.manifest.id, exit: required(lastExit), wasHealthy };
      }),
    },
  });
}

/** What keeps it down, when it is its group; else what it waits for. */
function reasonToWait({ hold, turn }: PluginContext): string | null {
  return hold ?? turn;
}

/** Whether a plugin that lost its health still talks over the connection that we have. */
function answersYet({ code }: PluginError): boolean {
  return code === 'NOT_SERVING' || code === 'CONNECT_FAILED';
}
