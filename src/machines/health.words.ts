import { assign, sendParent, setup } from 'xstate';
import { PluginError, type HealthPolicy } from '../model/index.js';
import { jittered, judgeMiss } from '../policy/index.js';
import { never } from './delays.js';
import type { HealthContext, HealthEvent, HealthInput } from './health.types.js';
import { lift } from './lift.js';
import type { PluginEffects } from './plugin.effects.js';
import type { HealthReport } from './plugin.types.js';

/**
 * The doubt after a transport error: a dying process's connection breaks some milliseconds before its exit is
 * known, and a crash is not to be reported as a hang.
 */
export const suspicionMs = 200;

/** The words that the chart of health is told in: its actors, delays, guards and actions. */
export function healthWords(effects: PluginEffects) {
  const swing = ({ policy }: HealthContext, ms: number) => jittered(ms, policy.jitter, effects.random());
  return setup({
    types: {} as { context: HealthContext; events: HealthEvent; input: HealthInput },
    actors: {
      probe: lift(effects.probe.bind(effects)),
      redial: lift(effects.redial.bind(effects)),
      watch: lift(effects.watch.bind(effects)),
    },
    delays: {
      interval: ({ context }) => swing(context, context.policy.intervalMs),
      retryInterval: ({ context }) => swing(context, context.policy.retryIntervalMs),
      deadline: ({ context }) => context.policy.deadlineMs,
      suspicion: suspicionMs,
      patience: ({ context }) => context.policy.notServingMs ?? never,
    },
    guards: {
      isAskedAgain: ({ context }) => context.asked > context.answers,
      isFreshDialDue: ({ context }) => isFreshDialDue(context),
      isExcused: ({ context }) => context.verdict.verdict === 'excuse',
      isLost: ({ context }) => context.misses >= context.policy.misses,
      saysNotServing: (_, params: { error: PluginError }) => params.error.code === 'NOT_SERVING',
      losesPatience: ({ context }) => context.policy.notServingMs !== null,
      isToBeWatched: ({ context }) => context.policy.watch,
    },
    actions: {
      // A timer that runs keeps its time: the new numbers count from the next probe on.
      notePolicy: assign({ policy: (_, params: { policy: HealthPolicy }) => params.policy }),
      noteQuestion: assign({ asked: (_, params: { number: number }) => params.number }),
      startProbe: assign({
        answers: ({ context }) => context.asked,
        probes: ({ context }) => context.probes + 1,
        sent: ({ context }) => effects.reading(context),
        deadlineMs: ({ context }) => context.policy.deadlineMs,
      }),
      noteFreshness: assign({ isFresh: (_, params: { isFresh: boolean }) => params.isFresh }),
      forgetMisses: assign({ misses: 0, excused: 0, error: null }),
      noteError: assign({ error: (_, params: { error: PluginError }) => params.error }),
      noteSilence: assign({ error: ({ context }) => silence(context) }),
      judge: assign({
        verdict: ({ context }) =>
          judgeMiss({
            policy: { deadlineMs: context.deadlineMs, excuses: context.policy.excuses },
            excused: context.excused,
            sharesConnection: !context.isFresh,
            sent: context.sent,
            missed: effects.reading(context),
          }),
      }),
      countMiss: assign({ misses: ({ context }) => context.misses + 1 }),
      countExcuse: assign({ excused: ({ context }) => context.excused + 1 }),
      noteNotServing: assign({ notServing: (_, params: { error: PluginError }) => params.error }),
      forgetNotServing: assign({ notServing: null }),
      reportPass: sendParent(({ context }, params: { ms: number }): HealthReport => ({
        type: 'health.passed',
        answers: context.answers,
        ms: params.ms,
      })),
      reportRefusal: sendParent(({ context }, params: { error: PluginError }): HealthReport => ({
        type: 'health.refused',
        answers: context.answers,
        error: params.error,
      })),
      reportMiss: sendParent(({ context }): HealthReport => ({
        type: 'health.missed',
        answers: context.answers,
        error: context.error ?? silence(context),
      })),
      reportExcuse: sendParent(({ context }): HealthReport => excused(context)),
      reportLost: sendParent(({ context }): HealthReport => ({
        type: 'health.lost',
        error: context.error ?? silence(context),
      })),
      reportReady: sendParent({ type: 'health.ready' } satisfies HealthReport),
      reportUnready: sendParent(({ context }): HealthReport => ({
        type: 'health.unready',
        error: context.notServing ?? silence(context),
      })),
      reportImpatience: sendParent(({ context }): HealthReport => ({
        type: 'health.lost',
        error: context.notServing ?? silence(context),
      })),
      reportWatched: sendParent((_, params: { watched: boolean }): HealthReport => ({
        type: 'health.watched',
        watched: params.watched,
      })),
    },
  });
}

export function initialHealth(input: HealthInput, effects: PluginEffects): HealthContext {
  return {
    ...input,
    asked: 0,
    answers: 0,
    probes: 0,
    isFresh: false,
    sent: effects.reading(input),
    deadlineMs: input.policy.deadlineMs,
    verdict: { verdict: 'count' },
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

function excused(context: HealthContext): HealthReport {
  const { answers, verdict } = context;
  const error = context.error ?? silence(context);
  return verdict.verdict === 'excuse'
    ? { type: 'health.excused', answers, error, why: verdict.why }
    : { type: 'health.missed', answers, error };
}

function silence({ plugin, deadlineMs, isFresh }: HealthContext): PluginError {
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
