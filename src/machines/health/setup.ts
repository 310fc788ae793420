import { assign, sendParent, setup } from 'xstate';
import {
  maxTimerMs,
  PluginError,
  type ExcuseReason,
  type HealthPolicy,
  type HealthSource,
  type HostSample,
} from '../../model/index.js';
import { withJitter, decideMiss, isSignOfLife, type MissDecision } from '../../policy/index.js';
import { fromEffect, type EffectErroredEvent, type OfGeneration } from '../from-effect.js';
import type {
  ChannelInput,
  ConnectionEvent,
  GreetEvent,
  PluginEffects,
  ProbeEvent,
  WatchEvent,
} from '../effects.js';

/** The input of the health machine. */
export interface HealthInput extends ChannelInput {
  readonly policy: HealthPolicy;
}

/** The context of the health machine. */
export interface HealthContext extends HealthInput {
  /** The number of the newest check that a caller requested. */
  readonly requestedCheck: number;
  /** The number of the newest check that the current probe answers. */
  readonly currentCheck: number;
  /** Probes sent so far. */
  readonly probes: number;
  /** Whether the newest probe uses a new connection. */
  readonly isFresh: boolean;
  /** The host sample from when it was sent. */
  readonly sampleAtSend: HostSample;
  /** The monotonic clock of the host when the last answer came, in milliseconds. */
  readonly answeredAtMs: number;
  /** Its deadline: a policy that changes meanwhile applies to the next probe. */
  readonly deadlineMs: number;
  readonly decision: MissDecision;
  /** Counted misses in a row. */
  readonly misses: number;
  /** Excused misses in a row. */
  readonly excused: number;
  /** The error of the newest probe; `null`: it was answered. */
  readonly error: PluginError | null;
  /** The error for a plugin that is not SERVING; `null`: it is. */
  readonly notServing: PluginError | null;
}

type ProbePassed = Extract<ProbeEvent, { readonly type: 'probe.passed' }>;

/** The events of the health machine. */
export type HealthEvent =
  | { readonly type: 'health.check'; readonly number: number }
  | { readonly type: 'health.setPolicy'; readonly policy: HealthPolicy }
  | OfGeneration<ProbeEvent | GreetEvent | WatchEvent>
  | ConnectionEvent
  | EffectErroredEvent;

/** What the health machine reports to its plugin. `answers`: the newest requested check that the probe answers. */
export type HealthReport =
  | {
      readonly type: 'health.passed';
      readonly answers: number;
      readonly ms: number;
      readonly source: HealthSource;
    }
  /** The plugin answered NOT_SERVING. */
  | { readonly type: 'health.notServing'; readonly answers: number; readonly error: PluginError }
  | { readonly type: 'health.missed'; readonly answers: number; readonly error: PluginError }
  | {
      readonly type: 'health.excused';
      readonly answers: number;
      readonly error: PluginError;
      readonly why: ExcuseReason;
    }
  /** The plugin is SERVING again. */
  | { readonly type: 'health.ready' }
  /** The plugin is NOT_SERVING since now. */
  | { readonly type: 'health.unready'; readonly error: PluginError }
  /** Whether `Health.Watch` is open. */
  | { readonly type: 'health.watched'; readonly watched: boolean }
  | { readonly type: 'health.lost'; readonly error: PluginError };

/**
 * The grace period after a lost connection, in milliseconds: the connection of a process that crashes ends shortly
 * before its exit is reported, and a crash must not be reported as a hang.
 */
export const exitGraceMs = 200;

/** The types, actors, delays, guards and actions of the health machine. */
export function setupHealth(effects: PluginEffects) {
  const delayWithJitter = ({ policy }: HealthContext, ms: number) =>
    withJitter(ms, policy.jitter, effects.random());
  return setup({
    types: {} as { context: HealthContext; events: HealthEvent; input: HealthInput },
    actors: {
      probe: fromEffect(effects.probe.bind(effects)),
      redial: fromEffect(effects.redial.bind(effects)),
      greet: fromEffect(effects.greet.bind(effects)),
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
      isVerified: ({ context }) => context.decision.decision === 'verify',
      isAnswered: (_, params: { grpcCode: number | undefined }) => isSignOfLife(params.grpcCode ?? null),
      isLost: ({ context }) => context.misses >= context.policy.misses,
      isNotServing: (_, params: { error: PluginError }) => params.error.code === 'NOT_SERVING',
      isNotServingBounded: ({ context }) => context.policy.notServingMs !== null,
      isWatchEnabled: ({ context }) => context.policy.watch,
    },
    actions: {
      // A timer that is running keeps its delay: the new policy applies from the next probe on.
      notePolicy: assign({ policy: (_, params: { policy: HealthPolicy }) => params.policy }),
      noteCheckRequest: assign({ requestedCheck: (_, params: { number: number }) => params.number }),
      startProbe: assign({
        currentCheck: ({ context }) => context.requestedCheck,
        probes: ({ context }) => context.probes + 1,
        sampleAtSend: ({ context }) => effects.sampleHost(context),
        deadlineMs: ({ context }) => context.policy.deadlineMs,
      }),
      noteFreshness: assign({ isFresh: (_, params: { isFresh: boolean }) => params.isFresh }),
      clearMisses: assign(({ context }) => ({
        misses: 0,
        excused: 0,
        error: null,
        answeredAtMs: effects.sampleHost(context).monotonicMs,
      })),
      noteExcuse: assign({ decision: (_, params: { why: ExcuseReason }) => excused(params.why) }),
      noteError: assign({ error: (_, params: { error: PluginError }) => params.error }),
      noteProbeTimeout: assign({ error: ({ context }) => probeTimeoutError(context) }),
      decideMiss: assign({
        decision: ({ context }) =>
          decideMiss({
            policy: { ...context.policy, deadlineMs: context.deadlineMs },
            excused: context.excused,
            sharesConnection: !context.isFresh,
            answeredAtMs: context.answeredAtMs,
            sampleAtSend: context.sampleAtSend,
            sampleAtDeadline: effects.sampleHost(context),
          }),
      }),
      countMiss: assign({ misses: ({ context }) => context.misses + 1 }),
      countExcuse: assign({ excused: ({ context }) => context.excused + 1 }),
      noteNotServing: assign({ notServing: (_, params: { error: PluginError }) => params.error }),
      clearNotServing: assign({ notServing: null }),
      reportPass: sendParent(({ context }, params: Pick<ProbePassed, 'ms' | 'source'>): HealthReport => ({
        type: 'health.passed',
        answers: context.currentCheck,
        ms: params.ms,
        source: params.source ?? 'plugin',
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

/** The context before the first probe. */
export function initialHealthContext(input: HealthInput, effects: PluginEffects): HealthContext {
  return {
    ...input,
    requestedCheck: 0,
    currentCheck: 0,
    probes: 0,
    isFresh: false,
    sampleAtSend: effects.sampleHost(input),
    answeredAtMs: effects.sampleHost(input).monotonicMs,
    deadlineMs: input.policy.deadlineMs,
    decision: { decision: 'count' },
    misses: 0,
    excused: 0,
    error: null,
    notServing: null,
  };
}

/** Every `freshDialEvery` probes, and again until one succeeds: an open connection proves nothing about new ones. */
function isFreshDialDue({ policy: { freshDialEvery }, probes, isFresh, error }: HealthContext): boolean {
  if (freshDialEvery === null) return false;
  return (isFresh && error !== null) || probes % freshDialEvery === 0;
}

function excused(why: ExcuseReason): MissDecision {
  return { decision: 'excuse', why };
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
