import type { FailedReason } from '../../model/index.js';
import type { ExitQuestion } from '../restart/decide-exit.js';
import type { ProcessLife } from './process-life.js';
import { endedNormally, type RestartDecision } from '../restart/decide-restart.js';

/** One step of a simulated life. `at` is in milliseconds since the activation. */
export type SimulationStep =
  /** A process is started. `halfOpen`: it is the one try after giving up. */
  | { readonly type: 'started'; readonly at: number; readonly halfOpen: boolean }
  | { readonly type: 'healthy'; readonly at: number }
  /** No process is left. */
  | { readonly type: 'ended'; readonly at: number; readonly exit: ExitQuestion['exit'] }
  /** The next start comes after a pause; this is the nth restart of a series. */
  | { readonly type: 'restart'; readonly at: number; readonly attempt: number; readonly delayMs: number }
  /** It is no longer wanted. */
  | { readonly type: 'stop'; readonly at: number }
  /** `retryAt`: when one more try is due; `null`: never. */
  | {
      readonly type: 'giveUp';
      readonly at: number;
      readonly reason: FailedReason;
      readonly retryAt: number | null;
    };

/** A time in which it was of no use to those who want it, the first start included. */
export interface Outage {
  readonly from: number;
  readonly to: number;
}

/** What a policy makes of a fault trace. Times are in milliseconds, moments since the activation. */
export interface Simulation {
  readonly timeline: readonly SimulationStep[];
  /** Restarts that were ordered; not the first start, and not the half-open tries. */
  readonly restarts: number;
  readonly halfOpenTries: number;
  /** When it was given up for the first time; `null`: never within the time. */
  readonly gaveUpAt: number | null;
  readonly outages: readonly Outage[];
  readonly outageMs: number;
  readonly longestOutageMs: number;
  /** How long was looked at. */
  readonly forMs: number;
  /** Whether that is less than was asked for, as there were too many processes. */
  readonly cutShort: boolean;
}

/** One process, from its start to what follows its end. */
export interface SimulatedGeneration {
  readonly life: ProcessLife;
  readonly halfOpen: boolean;
  readonly decision: RestartDecision;
  /** When the next process is started; `null`: never. */
  readonly next: number | null;
}

export function stepsOf({ life, halfOpen, decision, next }: SimulatedGeneration): SimulationStep[] {
  const { startedAt, healthyAt, exit } = life;
  return [
    { type: 'started', at: startedAt, halfOpen },
    ...(healthyAt === null ? [] : [{ type: 'healthy', at: healthyAt } as const]),
    { type: 'ended', at: exit.at, exit },
    stepOf(decision, exit.at, next),
  ];
}

function stepOf(verdict: RestartDecision, at: number, next: number | null): SimulationStep {
  switch (verdict.decision) {
    case 'restart':
      return { type: 'restart', at, attempt: verdict.attempt, delayMs: verdict.delayMs };
    case 'stop':
      return { type: 'stop', at };
    case 'giveUp':
      return { type: 'giveUp', at, reason: verdict.reason, retryAt: next };
  }
}

/**
 * The outages before `until`, in order. Who was healthy for no time at all served nobody; who rests after a normal end is
 * missed by nobody.
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
