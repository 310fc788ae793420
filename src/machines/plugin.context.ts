import type { ExitRecord, PluginPhase, StopRung } from '../model/index.js';
import type { Ending, HealthReport, HealthTally, PluginContext, PluginInput } from './plugin.types.js';

const untouchedHealth: HealthTally = {
  asked: 0,
  answered: 0,
  passed: 0,
  missed: 0,
  lastMs: null,
  lastError: null,
};

/** All that belongs to one generation, as it is before its process runs. */
const freshGeneration = {
  phase: 'interpreter',
  rung: null,
  command: null,
  process: null,
  noise: [],
  pending: '',
  handshake: null,
  channel: null,
  hooks: undefined,
  stdio: null,
  healthySince: null,
  ending: null,
  again: false,
} as const satisfies Partial<PluginContext>;

export function initialContext(input: PluginInput, now: number): PluginContext {
  return {
    ...freshGeneration,
    bundle: input.bundle,
    policy: input.policy,
    generation: input.generation,
    reattach: null,
    wanted: false,
    begunAt: now,
    health: untouchedHealth,
    wasHealthy: false,
    restarts: 0,
    retryDelayMs: 0,
    failedReason: null,
    failedWithGroup: false,
    held: null,
    lastExit: null,
    error: null,
    since: now,
    because: 'plugin.added',
  };
}

/** A new activation starts with a clean slate; only the generation goes on counting. */
export function activated(): Partial<PluginContext> {
  return {
    wanted: true,
    wasHealthy: false,
    restarts: 0,
    failedReason: null,
    failedWithGroup: false,
    held: null,
  };
}

/** Its supervisor lets it go on; a restart with its group is a restart of its own. */
export function letGo({ held, restarts }: PluginContext): Partial<PluginContext> {
  return { held: null, restarts: held?.isRestart === true ? restarts + 1 : restarts };
}

/** What led here: who wanted it where the event says so, else what happened. */
export function causeOf(event: { readonly type: string; readonly because?: unknown }): string {
  return typeof event.because === 'string' ? event.because : event.type;
}

export function begun(context: PluginContext, now: number): Partial<PluginContext> {
  const health = { ...untouchedHealth, asked: context.health.asked, answered: context.health.asked };
  return { ...freshGeneration, generation: context.generation + 1, begunAt: now, health, error: null };
}

export function entered(
  context: PluginContext,
  event: { readonly type: string },
  place: { readonly phase: PluginPhase; readonly rung?: StopRung },
  now: number,
): Partial<PluginContext> {
  return { phase: place.phase, rung: place.rung ?? context.rung, since: now, because: causeOf(event) };
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

export function tallied(tally: HealthTally, report: HealthReport): HealthTally {
  switch (report.type) {
    case 'health.passed':
      return {
        ...tally,
        answered: report.answers,
        passed: tally.passed + 1,
        lastMs: report.ms,
        lastError: null,
      };
    case 'health.missed':
      return { ...tally, answered: report.answers, missed: tally.missed + 1, lastError: report.error };
    case 'health.lost':
      return tally;
  }
}
