import { assign, sendParent, setup } from 'xstate';
import { PluginError, type HealthPolicy } from '../model/index.js';
import { lift, type EffectBroke, type Stamped } from './lift.js';
import type { ChannelHandle, ConnectionFact, PluginEffects, ProbeFact } from './plugin.effects.js';
import type { HealthReport } from './plugin.types.js';

export interface HealthInput {
  readonly plugin: string;
  readonly generation: number;
  readonly channel: ChannelHandle;
  readonly policy: HealthPolicy;
}

export interface HealthContext extends HealthInput {
  /** The newest check that somebody asked for. */
  readonly asked: number;
  /** The newest check that the probe under way answers. */
  readonly answers: number;
  readonly misses: number;
  readonly error: PluginError | null;
}

export type HealthEvent =
  | { readonly type: 'health.check'; readonly number: number }
  | Stamped<ProbeFact>
  | ConnectionFact
  | EffectBroke;

/**
 * The doubt after a transport error: a dying process's connection breaks some milliseconds before its exit is
 * known, and a crash is not to be reported as a hang.
 */
export const suspicionMs = 50;

/** Watches one generation that is healthy; tells its parent what each probe found, and when the plugin is lost. */
export function createHealthMachine(effects: PluginEffects) {
  return setup({
    types: {} as { context: HealthContext; events: HealthEvent; input: HealthInput },
    actors: { probe: lift(effects.probe.bind(effects)) },
    delays: {
      interval: ({ context }) => context.policy.intervalMs,
      retryInterval: ({ context }) => context.policy.retryIntervalMs,
      deadline: ({ context }) => context.policy.deadlineMs,
      suspicion: suspicionMs,
    },
    guards: {
      isAskedAgain: ({ context }) => context.asked > context.answers,
      isLost: ({ context }) => context.misses >= context.policy.misses,
    },
    actions: {
      noteQuestion: assign({ asked: (_, params: { number: number }) => params.number }),
      startProbe: assign({ answers: ({ context }) => context.asked }),
      forgetMisses: assign({ misses: 0, error: null }),
      noteError: assign({ error: (_, params: { error: PluginError }) => params.error }),
      noteSilence: assign({ error: ({ context }) => silence(context) }),
      countMiss: assign({ misses: ({ context }) => context.misses + 1 }),
      reportPass: sendParent(({ context }, params: { ms: number }): HealthReport => ({
        type: 'health.passed',
        answers: context.answers,
        ms: params.ms,
      })),
      reportMiss: sendParent(({ context }): HealthReport => ({
        type: 'health.missed',
        answers: context.answers,
        error: context.error ?? silence(context),
      })),
      reportLost: sendParent(({ context }): HealthReport => ({
        type: 'health.lost',
        error: context.error ?? silence(context),
      })),
    },
  }).createMachine({
    id: 'health',
    description: 'Probes one healthy generation.',
    context: ({ input }) => ({ ...input, asked: 0, answers: 0, misses: 0, error: null }),
    initial: 'waiting',
    on: {
      'health.check': {
        actions: { type: 'noteQuestion', params: ({ event }) => ({ number: event.number }) },
      },
      'channel.lost': {
        target: '.cutOff',
        actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
      },
    },
    states: {
      waiting: {
        description: 'The last probe passed; the next one is due after the interval.',
        always: { guard: 'isAskedAgain', target: 'probing' },
        after: { interval: 'probing' },
      },
      probing: {
        description: 'A probe is under way.',
        entry: 'startProbe',
        invoke: { src: 'probe', input: ({ context }) => context },
        on: {
          'probe.passed': {
            target: 'waiting',
            actions: [{ type: 'reportPass', params: ({ event }) => ({ ms: event.ms }) }, 'forgetMisses'],
          },
          'probe.failed': {
            target: 'suspecting',
            actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
          },
          'effect.broke': {
            target: 'suspecting',
            actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
          },
        },
        after: { deadline: { target: 'missed', actions: 'noteSilence' } },
      },
      suspecting: {
        description: 'A probe failed; if the process is dying, its exit is told first.',
        after: { suspicion: 'missed' },
      },
      missed: {
        description: 'The probe counts as missed; the next one is due after the retry interval.',
        entry: ['countMiss', 'reportMiss'],
        always: [
          { guard: 'isLost', target: 'lost' },
          { guard: 'isAskedAgain', target: 'probing' },
        ],
        after: { retryInterval: 'probing' },
      },
      cutOff: {
        description: 'Its only connection has ended; if the process is dying, its exit is told first.',
        on: { 'channel.lost': {} },
        after: { suspicion: 'lost' },
      },
      lost: {
        description: 'Too many probes in a row were missed, or no probe can reach it any more.',
        type: 'final',
        entry: 'reportLost',
      },
    },
  });
}

function silence({ plugin, policy }: HealthContext): PluginError {
  return new PluginError({
    code: 'HEALTH_TIMEOUT',
    plugin,
    phase: 'serving',
    message: `The health service did not answer within ${policy.deadlineMs} ms.`,
    hint: 'The plugin is frozen or overloaded: look at what it is doing, or raise health.deadlineMs.',
    facts: { deadlineMs: policy.deadlineMs },
  });
}
