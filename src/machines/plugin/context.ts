import type { ExitRecord, PluginPhase, StopStep, SupervisionPolicy } from '../../model/index.js';
import { delayUnder } from '../../policy/index.js';
import type { ChannelInput, GenerationId, HandshakeInput } from '../effects.js';
import type { HealthReport } from '../health/setup.js';
import type { Ending, HealthTally, PluginContext, PluginInput } from './types.js';

const emptyHealthTally: HealthTally = {
  checksRequested: 0,
  checksAnswered: 0,
  passed: 0,
  missed: 0,
  excused: 0,
  lastExcuse: null,
  source: null,
  lastMs: null,
  lastError: null,
  watched: null,
  notServingSince: null,
};

/** The part of the context that belongs to one generation, before its process runs. */
const initialGeneration = {
  phase: 'interpreter',
  stopStep: null,
  command: null,
  process: null,
  noise: [],
  partialLine: '',
  handshake: null,
  channel: null,
  hooks: undefined,
  stdio: null,
  healthySince: null,
  ending: null,
} as const satisfies Partial<PluginContext>;

/** The context of a plugin that was just added. */
export function initialPluginContext(input: PluginInput, now: number): PluginContext {
  return {
    ...initialGeneration,
    bundle: input.bundle,
    policy: input.policy,
    generation: input.generation,
    reattach: null,
    wanted: false,
    begunAt: now,
    startMs: input.policy.deadlines.startMs,
    health: emptyHealthTally,
    wasHealthy: false,
    restarts: input.restarts ?? 0,
    pause: { attempt: 1, delayMs: 0 },
    failedReason: null,
    failedWithGroup: false,
    queued: null,
    suspended: null,
    lastExit: null,
    error: null,
    since: now,
    because: 'plugin.added',
  };
}

/**
 * The context after an activation: its restarts are counted anew, unless the activation resumes what a previous host did.
 */
export function activated(
  context: PluginContext,
  event: object,
  queued: string | null = null,
): Partial<PluginContext> {
  const resumes = 'resumes' in event && event.resumes === true;
  return {
    wanted: true,
    wasHealthy: false,
    restarts: resumes ? context.restarts : 0,
    failedReason: null,
    failedWithGroup: false,
    queued,
  };
}

/** The context after its group has resumed it. A restart with the group counts, unless it is queued for its own start. */
export function resumed({ queued, restarts }: PluginContext): Partial<PluginContext> {
  return { suspended: null, restarts: queued === null ? restarts + 1 : restarts };
}

/** The reason for a change of state: the one that a command gives, or the type of the event. */
export function causeOf(event: { readonly type: string; readonly because?: unknown }): string {
  return typeof event.because === 'string' ? event.because : event.type;
}

/** The context of the next generation. Checks that were requested before do not wait for an answer any more. */
export function nextGeneration(context: PluginContext, now: number): Partial<PluginContext> {
  const health = {
    ...emptyHealthTally,
    checksRequested: context.health.checksRequested,
    checksAnswered: context.health.checksRequested,
  };
  const { startMs } = context.policy.deadlines;
  return {
    ...initialGeneration,
    generation: context.generation + 1,
    begunAt: now,
    startMs,
    health,
    error: null,
  };
}

/** The context with a new policy. A backoff that is running changes its length, and counts from the same moment. */
export function underPolicy(context: PluginContext, policy: SupervisionPolicy): Partial<PluginContext> {
  const { pause } = context;
  const delayMs = delayUnder(pause, context.policy.restart.backoff, policy.restart.backoff);
  return { policy, pause: { ...pause, delayMs } };
}

/** The context in another phase. */
export function entered(
  context: PluginContext,
  event: { readonly type: string },
  step: { readonly phase: PluginPhase; readonly stopStep?: StopStep },
  now: number,
): Partial<PluginContext> {
  return {
    phase: step.phase,
    stopStep: step.stopStep ?? context.stopStep,
    since: now,
    because: causeOf(event),
  };
}

/** What changes when a plugin becomes healthy. */
export function becameHealthy(now: number): Partial<PluginContext> {
  return { healthySince: now, wasHealthy: true, error: null, failedReason: null };
}

/** The context with the reason for a stop. The first reason stays. */
export function endingBecauseOf(context: PluginContext, ending: Ending): Partial<PluginContext> {
  return { ending: context.ending ?? ending, error: ending.error ?? context.error };
}

/** What changes when the process has ended. */
export function ended(exit: ExitRecord): Partial<PluginContext> {
  return {
    lastExit: exit,
    error: exit.error,
    command: null,
    process: null,
    handshake: null,
    channel: null,
    healthySince: null,
    reattach: null,
  };
}

/** The context after a report of the health machine. A plugin that answers NOT_SERVING keeps running, with an error. */
export function withHealthReport(
  context: PluginContext,
  report: HealthReport,
  now: number,
): Partial<PluginContext> {
  const health = withReport(context.health, report, now);
  if (report.type === 'health.ready') return { health, error: null };
  return report.type === 'health.unready'
    ? { health, error: report.error.with({ plugin: context.bundle.manifest.id }) }
    : { health };
}

function withReport(tally: HealthTally, report: HealthReport, now: number): HealthTally {
  switch (report.type) {
    case 'health.passed': {
      const { answers, ms, source } = report;
      return {
        ...tally,
        checksAnswered: answers,
        passed: tally.passed + 1,
        lastMs: ms,
        source,
        lastError: null,
      };
    }
    case 'health.notServing':
      return { ...tally, checksAnswered: report.answers, lastError: report.error };
    case 'health.missed':
      return { ...tally, checksAnswered: report.answers, missed: tally.missed + 1, lastError: report.error };
    case 'health.excused': {
      const { answers, error, why } = report;
      return {
        ...tally,
        checksAnswered: answers,
        excused: tally.excused + 1,
        lastExcuse: why,
        lastError: error,
      };
    }
    case 'health.ready':
      return { ...tally, notServingSince: null };
    case 'health.unready':
      return { ...tally, notServingSince: now };
    case 'health.watched':
      return { ...tally, watched: report.watched };
    case 'health.lost':
      return tally;
  }
}

/** The generation that an effect works for. */
export function generationId({ bundle, generation }: PluginContext): GenerationId {
  return { plugin: bundle.manifest.id, generation };
}

/** What the effects on a running process take. */
export function processInput(context: PluginContext): HandshakeInput {
  return { ...generationId(context), process: required(context.process) };
}

/** What the effects on a connection take. */
export function channelInput(context: PluginContext): ChannelInput {
  return { ...generationId(context), channel: required(context.channel) };
}

/**
 * A part of the context that is present in every state that uses it.
 *
 * @throws Error when it is not, which would be a defect of the chart; XState then stops the actor.
 */
export function required<Value>(value: Value | null): Value {
  if (value === null) throw new Error('The plugin chart was entered without what its state needs.');
  return value;
}
