import type { ExitRecord, PluginPhase, StopStep, SupervisionPolicy } from '../../model/index.js';
import { delayUnder } from '../../policy/index.js';
import type { Ending, HealthReport, HealthTally, PluginContext, PluginInput } from './types.js';

const emptyHealthTally: HealthTally = {
  checksRequested: 0,
  checksAnswered: 0,
  passed: 0,
  missed: 0,
  excused: 0,
  lastExcuse: null,
  lastMs: null,
  lastError: null,
  watched: null,
  notServingSince: null,
};

/** All that belongs to one generation, as it is before its process runs. */
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

/** A new activation starts with a clean slate; only the generation goes on counting. One that resumes is none. */
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

/** Its group lets it go on; a restart with its group is a restart of its own. */
export function resumed({ queued, restarts }: PluginContext): Partial<PluginContext> {
  return { suspended: null, restarts: queued === null ? restarts + 1 : restarts };
}

/** What led here: who wanted it where the event says so, else what happened. */
export function causeOf(event: { readonly type: string; readonly because?: unknown }): string {
  return typeof event.because === 'string' ? event.because : event.type;
}

export function nextGeneration(context: PluginContext, now: number): Partial<PluginContext> {
  const health = {
    ...emptyHealthTally,
    asked: context.health.checksRequested,
    answered: context.health.checksRequested,
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

/** A new policy holds for all that comes. A pause that runs is measured anew, from the same moment. */
export function underPolicy(context: PluginContext, policy: SupervisionPolicy): Partial<PluginContext> {
  const { pause } = context;
  const delayMs = delayUnder(pause, context.policy.restart.backoff, policy.restart.backoff);
  return { policy, pause: { ...pause, delayMs } };
}

export function entered(
  context: PluginContext,
  event: { readonly type: string },
  place: { readonly phase: PluginPhase; readonly rung?: StopStep },
  now: number,
): Partial<PluginContext> {
  return {
    phase: place.phase,
    stopStep: place.rung ?? context.stopStep,
    since: now,
    because: causeOf(event),
  };
}

export function becameHealthy(now: number): Partial<PluginContext> {
  return { healthySince: now, wasHealthy: true, error: null, failedReason: null };
}

/** The first reason to bring a process down is the one that is told. */
export function endingBecauseOf(context: PluginContext, ending: Ending): Partial<PluginContext> {
  return { ending: context.ending ?? ending, error: ending.error ?? context.error };
}

/** The process is gone, and with it everything that spoke with it. */
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

/** What a report of the health machine changes. A plugin that says NOT_SERVING has an error, and lives. */
export function withHealthReport(
  context: PluginContext,
  report: HealthReport,
  now: number,
): Partial<PluginContext> {
  const health = tallied(context.health, report, now);
  if (report.type === 'health.ready') return { health, error: null };
  return report.type === 'health.unready'
    ? { health, error: report.error.with({ plugin: context.bundle.manifest.id }) }
    : { health };
}

function tallied(tally: HealthTally, report: HealthReport, now: number): HealthTally {
  switch (report.type) {
    case 'health.passed': {
      const { answers, ms } = report;
      return { ...tally, checksAnswered: answers, passed: tally.passed + 1, lastMs: ms, lastError: null };
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
