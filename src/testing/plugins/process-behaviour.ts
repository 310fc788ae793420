import type { Fault, FaultTrace, PluginErrorCode } from '../../model/index.js';

/** How a process ends by itself or by a signal. Neither: it exits with 0. */
export interface ProcessEnd {
  /** 0 to 255. */
  readonly code?: number | undefined;
  /** For example `SIGSEGV`. */
  readonly signal?: string | undefined;
  /** It had no memory left under its limit. */
  readonly outOfMemory?: boolean | undefined;
}

/** What befalls a process: it ends, it hangs, or it goes on and says NOT_SERVING. */
export type ProcessFault = ProcessEnd | 'hang' | 'stopServing';

/** What one process of a pretended plugin does, as data. Left out is what a plugin does that is fine. */
export interface ProcessBehaviour {
  /** From its start to its handshake line, in milliseconds; `Infinity`: it prints none. Default 0. */
  readonly startMs?: number | undefined;
  /** It cannot be started: with what error, and after how many milliseconds. */
  readonly spawnFails?: { readonly code: PluginErrorCode; readonly afterMs: number } | undefined;
  /** Lines that it prints before its handshake line. */
  readonly prints?: readonly string[] | undefined;
  /** What its handshake line is rejected with. */
  readonly handshakeFails?: PluginErrorCode | undefined;
  /** The application version that it has chosen. Default 1. */
  readonly protocolVersion?: number | undefined;
  /** It takes no connections. */
  readonly refusesConnections?: boolean | undefined;
  /** What its `OnActivate` does in the place of returning: it fails with this message, or `null`: it never returns. */
  readonly activationFailure?: string | null | undefined;
  /** The hooks that it implements. Default: none. */
  readonly hooks?: readonly ('OnActivate' | 'OnDeactivate')[] | undefined;
  /** So many questions for its health are answered with SERVING, all others with NOT_SERVING. */
  readonly servesProbes?: number | undefined;
  /** What befalls it, so many milliseconds after it was started, or after it was healthy. */
  readonly scheduledFault?:
    | { readonly from: 'start' | 'healthy'; readonly afterMs: number; readonly fault: ProcessFault }
    | undefined;
  /** What does not end it, though it is asked to. */
  readonly ignores?: readonly ('Shutdown' | 'SIGTERM' | 'SIGKILL')[] | undefined;
  /** How long its end takes after it was asked to, in milliseconds. Default 0. */
  readonly stopMs?: number | undefined;
}

/** When a process is started, and how many were before it. */
export interface ProcessStart {
  /** In milliseconds since the epoch of the clock. */
  readonly at: number;
  /** 1 for the first. */
  readonly generation: number;
}

/** How a pretended plugin behaves: always in the same way, or with every process in another. */
export type Behaviour = ProcessBehaviour | ((start: ProcessStart) => ProcessBehaviour);

/** Several at once; of two that speak of the same, the later one holds. */
export function allOf(...behaviours: readonly Behaviour[]): Behaviour {
  return (start) =>
    Object.assign({}, ...behaviours.map((one) => processBehaviourOf(one, start))) as ProcessBehaviour;
}

/** One for each process in turn; the last one for all others. With none, all of them behave well. */
export function inSequence(...behaviours: readonly Behaviour[]): Behaviour {
  let next = 0;
  return (start) => {
    const behaviour = behaviours[Math.min(next, behaviours.length - 1)] ?? {};
    next += 1;
    return processBehaviourOf(behaviour, start);
  };
}

/** The faults of a trace, as {@link simulate} takes it, one for each process; then it behaves well. */
export function replays(trace: FaultTrace, usualStartMs = 0): Behaviour {
  const faults = trace[Symbol.iterator]();
  return ({ at }) => behaviourForFault(nextDueFault(faults, at), at, usualStartMs);
}

export function processBehaviourOf(behaviour: Behaviour, start: ProcessStart): ProcessBehaviour {
  return typeof behaviour === 'function' ? behaviour(start) : behaviour;
}

function behaviourForFault(fault: Fault | null, startedAt: number, usualStartMs: number): ProcessBehaviour {
  const startMs = fault?.startMs === undefined ? usualStartMs : (fault.startMs ?? Infinity);
  if (fault === null) return { startMs };
  const { at, afterHealthyMs, error } = fault;
  const processFault = processFaultOf(fault);
  if (afterHealthyMs !== undefined && at === undefined)
    return { startMs, scheduledFault: { from: 'healthy', afterMs: afterHealthyMs, fault: processFault } };
  const afterMs = at === undefined ? startMs : at - startedAt;
  const servesFirst = at !== undefined && afterMs >= startMs;
  if (servesFirst)
    return { startMs, scheduledFault: { from: 'healthy', afterMs: afterMs - startMs, fault: processFault } };
  if (error !== undefined && fault.kind !== 'hang') return { spawnFails: { code: error, afterMs } };
  return { startMs: Infinity, scheduledFault: { from: 'start', afterMs, fault: processFault } };
}

function processFaultOf({ kind, code }: Fault): ProcessFault {
  if (kind === 'hang') return 'hang';
  return kind === 'signal' ? { signal: 'SIGSEGV' } : { code: code ?? 1 };
}

/** A fault whose moment has passed before there was a process hits nobody. */
function nextDueFault(faults: Iterator<Fault>, now: number): Fault | null {
  for (;;) {
    const next = faults.next();
    if (next.done === true) return null;
    if (next.value.at === undefined || next.value.at >= now) return next.value;
  }
}
