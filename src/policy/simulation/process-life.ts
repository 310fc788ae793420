import type { Fault, SupervisionPolicy } from '../../model/index.js';
import { hangFoundWithinMs } from '../health/bounds.js';
import type { ExitQuestion } from '../restart/decide-exit.js';
import type { GenerationExit } from '../restart/decide-restart.js';

/** What becomes of one process under a policy. Moments are in milliseconds since the beginning. */
export interface ProcessLife {
  readonly startedAt: number;
  /** `null`: it never was. */
  readonly healthyAt: number | null;
  /** When it stopped being of use; a process that hangs is found later. */
  readonly failedAt: number;
  /** How it ended. An end that never comes is at `Infinity`. */
  readonly exit: ExitQuestion['exit'];
}

/** What becomes of a process that no fault hits. */
export const noFault: Fault = { afterHealthyMs: Infinity };

/** Lives through a fault, from the start of a process to its end. */
export function lifeUnder(
  fault: Fault,
  policy: SupervisionPolicy,
  begunAt: number,
  usualStartMs: number,
): ProcessLife {
  const startMs = fault.startMs === undefined ? usualStartMs : (fault.startMs ?? Infinity);
  const readyAt = begunAt + startMs;
  const tooLateAt = begunAt + policy.deadlines.startMs;
  const failsAt = fault.at ?? readyAt + (fault.afterHealthyMs ?? 0);
  if (isInStart(fault, failsAt, readyAt)) {
    // What hangs in its start is ended by the start limit.
    const inTime = fault.kind !== 'hang' && failsAt < tooLateAt;
    return failedStart(begunAt, inTime ? failsAt : tooLateAt, failureOfStart(fault, inTime));
  }
  if (readyAt >= tooLateAt) return failedStart(begunAt, tooLateAt, failureOfStart({}, false));
  return {
    startedAt: begunAt,
    healthyAt: readyAt,
    failedAt: failsAt,
    exit: exitAfterServing(fault, policy, readyAt, failsAt),
  };
}

function isInStart({ at, afterHealthyMs }: Fault, failsAt: number, readyAt: number): boolean {
  return at === undefined ? afterHealthyMs === undefined : failsAt < readyAt;
}

function failedStart(begunAt: number, at: number, failure: GenerationExit): ProcessLife {
  return { startedAt: begunAt, healthyAt: null, failedAt: at, exit: { ...failure, healthyMs: 0, at } };
}

/** An error of its own is one of the start itself: there is no process that could exit. */
function failureOfStart({ error, code = 1, kind }: Fault, inTime: boolean): GenerationExit {
  const wasProcess = error === undefined;
  const early = error ?? 'EXITED_BEFORE_HANDSHAKE';
  return {
    kind: wasProcess ? 'handshake' : 'spawn',
    phase: wasProcess ? 'handshake' : 'interpreter',
    code: wasProcess && inTime && kind !== 'signal' ? code : null,
    error: { code: inTime ? early : 'START_TIMEOUT' },
  };
}

/** A process that hangs is found first, and then resists SIGTERM: nothing that is frozen hears it. */
function exitAfterServing(
  fault: Fault,
  { health, deadlines }: SupervisionPolicy,
  readyAt: number,
  failsAt: number,
) {
  const { kind = 'exit' } = fault;
  const at =
    kind === 'hang' ? failsAt + hangFoundWithinMs({ ...health, jitter: 0 }) + deadlines.termMs : failsAt;
  return {
    kind,
    phase: 'serving',
    code: kind === 'exit' ? (fault.code ?? 1) : null,
    at,
    healthyMs: at - readyAt,
    error: { code: kind === 'hang' ? 'HEALTH_TIMEOUT' : 'PLUGIN_CRASHED' },
  } as const;
}
