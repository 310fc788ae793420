import type { Fault, FaultTrace, PluginErrorCode } from '../../model/index.js';

/** How a process exits. Without a code and a signal: exit code 0. */
export interface ProcessEnd {
  /** The exit code, 0 to 255. */
  readonly code?: number | undefined;
  /** The signal that ended it, for example `SIGSEGV`. */
  readonly signal?: string | undefined;
  /** It exceeded its memory limit. */
  readonly outOfMemory?: boolean | undefined;
}

/** A fault of a process: it exits, it hangs, or it runs on and reports NOT_SERVING. */
export type ProcessFault = ProcessEnd | 'hang' | 'stopServing';

/** What one process of a simulated plugin does, as data. The default of each field is that of a well-behaved plugin. */
export interface ProcessBehaviour {
  /** Milliseconds from its spawn to its handshake line; `Infinity`: it prints none. Default 0. */
  readonly startMs?: number | undefined;
  /** Its spawn fails with this error, after so many milliseconds. */
  readonly spawnFails?: { readonly code: PluginErrorCode; readonly afterMs: number } | undefined;
  /** Lines that it prints before its handshake line. */
  readonly prints?: readonly string[] | undefined;
  /** The error with which its handshake line is rejected. */
  readonly handshakeFails?: PluginErrorCode | undefined;
  /** The application protocol version of its handshake line. Default 1. */
  readonly protocolVersion?: number | undefined;
  /** It accepts no connections. */
  readonly refusesConnections?: boolean | undefined;
  /** Its `OnActivate` fails with this message; `null`: it never returns. */
  readonly activationFailure?: string | null | undefined;
  /** The hooks that it implements. Default: none. */
  readonly hooks?: readonly ('OnActivate' | 'OnDeactivate')[] | undefined;
  /** So many health checks are answered with SERVING, all later ones with NOT_SERVING. Default: all. */
  readonly servesProbes?: number | undefined;
  /** A fault, so many milliseconds after its spawn, or after it was healthy. */
  readonly scheduledFault?:
    | { readonly from: 'start' | 'healthy'; readonly afterMs: number; readonly fault: ProcessFault }
    | undefined;
  /** The stop requests that do not end it. */
  readonly ignores?: readonly ('Shutdown' | 'SIGTERM' | 'SIGKILL')[] | undefined;
  /** Milliseconds from a stop request to its exit. Default 0. */
  readonly stopMs?: number | undefined;
}

/** The start of one process. */
export interface ProcessStart {
  /** In milliseconds since the epoch, by the simulated clock. */
  readonly at: number;
  /** 1 for the first process. */
  readonly generation: number;
}

/** The behaviour of a simulated plugin: the same for all processes, or a function of the start. */
export type Behaviour = ProcessBehaviour | ((start: ProcessStart) => ProcessBehaviour);

/** Combines behaviours; a later one overrides the same fields of an earlier one. */
export function allOf(...behaviours: readonly Behaviour[]): Behaviour {
  return (start) =>
    Object.assign(
      {},
      ...behaviours.map((behaviour) => processBehaviourOf(behaviour, start)),
    ) as ProcessBehaviour;
}

/** One behaviour per process, in order; the last one for all further processes. */
export function inSequence(...behaviours: readonly Behaviour[]): Behaviour {
  let next = 0;
  return (start) => {
    const behaviour = behaviours[Math.min(next, behaviours.length - 1)] ?? {};
    next += 1;
    return processBehaviourOf(behaviour, start);
  };
}

/** Replays a fault trace of `simulate`, one fault per process; further processes behave well. */
export function replays(trace: FaultTrace, usualStartMs = 0): Behaviour {
  const faults = trace[Symbol.iterator]();
  return ({ at }) => behaviourForFault(nextDueFault(faults, at), at, usualStartMs);
}

/** The behaviour of one process. */
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

/** The next fault of a trace; faults whose time has passed without a process are skipped. */
function nextDueFault(faults: Iterator<Fault>, now: number): Fault | null {
  for (;;) {
    const next = faults.next();
    if (next.done === true) return null;
    if (next.value.at === undefined || next.value.at >= now) return next.value;
  }
}
