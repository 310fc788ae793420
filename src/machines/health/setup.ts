import { assign, sendParent, setup } from 'xstate';
import { PluginError, type HealthPolicy } from '../../model/index.js';
import { withJitter, decideMiss } from '../../policy/index.js';
import { maxTimerMs } from '../delays.js';
import type { HealthContext, HealthEvent, HealthInput } from './types.js';
import { fromEffect } from '../from-effect.js';
import type { PluginEffects } from '../effects.js';
import type { HealthReport } from '../plugin/types.js';

/**
 * The doubt after a transport error: a dying process's connection breaks some milliseconds before its exit is
 * known, and a crash is not to be reported as a hang.
 */
export const exitGraceMs = 200;

/** The words that the chart of health is told in: its actors, delays, guards and actions. */
export function setupHealth(effects: PluginEffects) {
  const delayWithJitter = ({ policy }: HealthContext, ms: number) =>
    withJitter(ms, policy.jitter, effects.random());
  return setup({
    types: {} as { context: HealthContext; events: HealthEvent; input: HealthInput },
    actors: {
      probe: fromEffect(effects.probe.bind(effects)),
      redial: fromEffect(effects.redial.bind(effects)),
      watch: fromEffect(effects.watch.bind(effects)),
    },
    delays: {
      interval: ({ context }) => delayWithJitter(context, context.policy.intervalMs),
      retryInterval: ({ context }) => delayWithJitter(context, context.policy.retryIntervalMs),
      probeTimeout: ({ context }) => context.policy.deadlineMs,
      exitGracePeriod: exitGraceMs,
      notServingTimeout: ({ context }) => context.policy.notServingMs ?? maxTimerMs,
    },
    guards: {
      isCheckRequested: ({ context }) => context.requestedCheck > context.currentCheck,
      isFreshDialDue: ({ context }) => isFreshDialDue(context),
      isExcused: ({ context }) => context.decision.decision === 'excuse',
      isLost: ({ context }) => context.misses >= context.policy.misses,
      isNotServing: (_, params: { error: PluginError }) => params.error.code === 'NOT_SERVING',
      isNotServingBounded: ({ context }) => context.policy.notServingMs !== null,
      isWatchEnabled: ({ context }) => context.policy.watch,
    },
    actions: {
      // A timer that runs keeps its time: the new numbers count from the next probe on.
      notePolicy: assign({ policy: (_, params: { policy: HealthPolicy }) => params.policy }),
      noteCheckRequest: assign({ requestedCheck: (_, params: { number: number }) => params.number }),
      startProbe: assign({
        currentCheck: ({ context }) => context.requestedCheck,
        probes: ({ context }) => context.probes + 1,
        sampleAtSend: ({ context }) => effects.sampleHost(context),
        deadlineMs: ({ context }) => context.policy.deadlineMs,
      }),
      noteFreshness: assign({ isFresh: (_, params: { isFresh: boolean }) => params.isFresh }),
      forgetMisses: assign({ misses: 0, excused: 0, error: null }),
      noteError: assign({ error: (_, params: { error: PluginError }) => params.error }),
      noteProbeTimeout: assign({ error: ({ context }) => probeTimeoutError(context) }),
      decideMiss: assign({
        decision: ({ context }) =>
          decideMiss({
            policy: { deadlineMs: context.deadlineMs, excuses: context.policy.excuses },
            excused: context.excused,
            sharesConnection: !context.isFresh,
            sampleAtSend: context.sampleAtSend,
            sampleAtDeadline: effects.sampleHost(context),
          }),
      }),
      countMiss: assign({ misses: ({ context }) => context.misses + 1 }),
      countExcuse: assign({ excused: ({ context }) => context.excused + 1 }),
      noteNotServing: assign({ notServing: (_, params: { error: PluginError }) => params.error }),
      forgetNotServing: assign({ notServing: null }),
      reportPass: sendParent(({ context }, params: { ms: number }): HealthReport => ({
        type: 'health.passed',
        answers: context.currentCheck,
        ms: params.ms,
      })),
      reportNotServing: sendParent(({ context }, params: { error: PluginError }): HealthReport => ({
        type: 'health.notServing',
        answers: context.currentCheck,
        error: params.error,
      })),
      reportMiss: sendParent(({ context }): HealthReport => ({
        type: 'health.missed',
        answers: context.currentCheck,
        error: context.error ?? probeTimeoutError(context),
      })),
      reportExcuse: sendParent(({ context }): HealthReport => excusedReport(context)),
      reportLost: sendParent(({ context }): HealthReport => ({
        type: 'health.lost',
        error: context.error ?? probeTimeoutError(context),
      })),
      reportReady: sendParent({ type: 'health.ready' } satisfies HealthReport),
      reportUnready: sendParent(({ context }): HealthReport => ({
        type: 'health.unready',
        error: context.notServing ?? probeTimeoutError(context),
      })),
      reportNotServingTimeout: sendParent(({ context }): HealthReport => ({
        type: 'health.lost',
        error: context.notServing ?? probeTimeoutError(context),
      })),
      reportWatched: sendParent((_, params: { watched: boolean }): HealthReport => ({
        type: 'health.watched',
        watched: params.watched,
      })),
    },
  });
}

export function initialHealthContext(input: HealthInput, effects: PluginEffects): HealthContext {
  return {
    ...input,
    requestedCheck: 0,
    currentCheck: 0,
    probes: 0,
    isFresh: false,
    sampleAtSend: effects.sampleHost(input),
    deadlineMs: input.policy.deadlineMs,
    decision: { decision: 'count' },
    misses: 0,
    excused: 0,
    error: null,
    notServing: null,
  };
}

/** Every so often, and again until it succeeds: the old connection says nothing about new ones. */
function isFreshDialDue({ policy: { freshDialEvery }, probes, isFresh, error }: HealthContext): boolean {
  if (freshDialEvery === null) return false;
  return (isFresh && error !== null) || probes % freshDialEvery === 0;
}

function excusedReport(context: HealthContext): HealthReport {
  const { currentCheck, decision } = context;
  const error = context.error ?? probeTimeoutError(context);
  return decision.decision === 'excuse'
    ? { type: 'health.excused', answers: currentCheck, error, why: decision.why }
    : { type: 'health.missed', answers: currentCheck, error };
}

function probeTimeoutError({ plugin, deadlineMs, isFresh }: HealthContext): PluginError {
  const where = isFresh ? ' on a new connection' : '';
  return new PluginError({
    code: 'HEALTH_TIMEOUT',
    plugin,
    phase: 'serving',
    message: `The health service did not answer${where} within ${deadlineMs} ms.`,
    hint: 'The plugin is frozen or overloaded: look at what it is doing, or raise health.deadlineMs.',
    facts: { deadlineMs, freshDial: isFresh },
  });
}
