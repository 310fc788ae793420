import type { FailedReason } from '../../model/index.js';
import type { ExitQuestion } from '../restart/decide-exit.js';
import type { ProcessLife } from './process-life.js';
import { endedNormally, type RestartDecision } from '../restart/decide-restart.js';

/** One step of a simulation. `at` is in milliseconds since the activation. */
export type SimulationStep =
  /** A process is started. `halfOpen`: it is a half-open attempt after the plugin was given up. */
  | { readonly type: 'started'; readonly at: number; readonly halfOpen: boolean }
  | { readonly type: 'healthy'; readonly at: number }
  /** The process has ended. */
  | { readonly type: 'ended'; readonly at: number; readonly exit: ExitQuestion['exit'] }
  /** The next start comes after a backoff. `attempt`: the number of the restart in its series, from 1. */
  | { readonly type: 'restart'; readonly at: number; readonly attempt: number; readonly delayMs: number }
  /** The plugin is not restarted. */
  | { readonly type: 'stop'; readonly at: number }
  /** `retryAt`: when the half-open attempt is due; `null`: never. */
  | {
      readonly type: 'giveUp';
      readonly at: number;
      readonly reason: FailedReason;
      readonly retryAt: number | null;
    };

/** A time in which the plugin was wanted and not healthy, the first start included. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

/** The result of a simulation. Times are in milliseconds, moments since the activation. */
export interface Simulation {
  readonly timeline: readonly SimulationStep[];
  /** Restarts, without the first start and the half-open attempts. */
  readonly restarts: number;
  readonly halfOpenTries: number;
  /** When it was given up for the first time; `null`: never within the simulated time. */
  readonly gaveUpAt: number | null;
  readonly outages: readonly Outage[];
  readonly outageMs: number;
  readonly longestOutageMs: number;
  /** The time that was simulated. */
  readonly forMs: number;
  /** Whether that is less than requested, as there were too many processes. */
  readonly cutShort: boolean;
}

/** One process, and the decision about its exit. */
export interface SimulatedGeneration {
  readonly life: ProcessLife;
  readonly halfOpen: boolean;
  readonly decision: RestartDecision;
  /** When the next process is started; `null`: never. */
  readonly next: number | null;
}

/** The steps of one process. */
export function stepsOf({ life, halfOpen, decision, next }: SimulatedGeneration): SimulationStep[] {
  const { startedAt, healthyAt, exit } = life;
  return [
    { type: 'started', at: startedAt, halfOpen },
    ...(healthyAt === null ? [] : [{ type: 'healthy', at: healthyAt } as const]),
    { type: 'ended', at: exit.at, exit },
    stepOf(decision, exit.at, next),
  ];
}

function stepOf(decision: RestartDecision, at: number, next: number | null): SimulationStep {
  switch (decision.decision) {
    case 'restart':
      return { type: 'restart', at, attempt: decision.attempt, delayMs: decision.delayMs };
    case 'stop':
      return { type: 'stop', at };
    case 'giveUp':
      return { type: 'giveUp', at, reason: decision.reason, retryAt: next };
  }
}

/**
 * The outages before `until`, in order. A plugin that was healthy for 0 ms did not serve; one that is stopped after a
 * normal end has no outage.
 */
export function outagesOf(generations: readonly SimulatedGeneration[], until: number): Outage[] {
  const outages: Outage[] = [];
  let from: number | null = 0;
  const close = (to: number): void => {
    if (from !== null && Math.min(to, until) > from) outages.push({ from, to: Math.min(to, until) });
  };
  for (const { life, decision } of generations) {
    if (life.healthyAt !== null && life.failedAt !== life.healthyAt) {
      close(life.healthyAt);
      from = life.failedAt;
    }
    if (decision.decision === 'stop' && endedNormally(life.exit)) {
      close(life.exit.at);
      from = null;
    }
  }
  close(until);
  return outages;
}
