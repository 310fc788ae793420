import type { Fault, SupervisionPolicy } from '../../model/index.js';
import { hangFoundWithinMs } from '../health/bounds.js';
import type { ExitQuestion } from '../restart/decide-exit.js';
import type { GenerationExit } from '../restart/decide-restart.js';

/** One simulated process. Moments are in milliseconds since the activation. */
export interface ProcessLife {
  readonly startedAt: number;
  /** `null`: it never became healthy. */
  readonly healthyAt: number | null;
  /** When it stopped serving; a process that hangs is found later. */
  readonly failedAt: number;
  /** How it ended; at `Infinity` if it never does. */
  readonly exit: ExitQuestion['exit'];
}

/** The absence of a fault: the process serves without end. */
export const noFault: Fault = { afterHealthyMs: Infinity };

/** Simulates one process with a fault, from its start to its exit. */
export function lifeUnder(
  fault: Fault,
  policy: SupervisionPolicy,
  startedAt: number,
  usualStartMs: number,
): ProcessLife {
  const startMs = fault.startMs === undefined ? usualStartMs : (fault.startMs ?? Infinity);
  const readyAt = startedAt + startMs;
  const tooLateAt = startedAt + policy.deadlines.startMs;
  const failsAt = fault.at ?? readyAt + (fault.afterHealthyMs ?? 0);
  if (isInStart(fault, failsAt, readyAt)) {
    // A process that hangs in its start is ended by the start timeout.
    const inTime = fault.kind !== 'hang' && failsAt < tooLateAt;
    return failedStart(startedAt, inTime ? failsAt : tooLateAt, failureOfStart(fault, inTime));
  }
  if (readyAt >= tooLateAt) return failedStart(startedAt, tooLateAt, failureOfStart({}, false));
  return {
    startedAt,
    healthyAt: readyAt,
    failedAt: failsAt,
    exit: exitAfterServing(fault, policy, readyAt, failsAt),
  };
}

function isInStart({ at, afterHealthyMs }: Fault, failsAt: number, readyAt: number): boolean {
  return at === undefined ? afterHealthyMs === undefined : failsAt < readyAt;
}

function failedStart(startedAt: number, at: number, failure: GenerationExit): ProcessLife {
  return { startedAt: startedAt, healthyAt: null, failedAt: at, exit: { ...failure, healthyMs: 0, at } };
}

/** A fault with an error code fails before there is a process; any other one ends the process. */
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

/** A process that hangs is found after its health probes, and ends by SIGKILL: a frozen process ignores SIGTERM. */
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
