import { PluginError, type ExitKind, type ExitRecord, type PluginPhase } from '../../model/index.js';
import { isOurs } from './reattach.js';
import type { Ending, PluginContext } from './types.js';

/** How a process ended. */
export interface ProcessEnd {
  readonly at: number;
  readonly code: number | null;
  readonly signal: string | null;
  readonly diagnosis: string;
  /** It still runs after SIGKILL. */
  readonly lost?: boolean;
  /** It exceeded its memory limit. */
  readonly outOfMemory?: boolean;
  /** It was reattached and may not be stopped from here; it may still run. */
  readonly detached?: boolean;
}

/** The record of a generation whose process has ended. */
export function exitRecord(context: PluginContext, end: ProcessEnd): ExitRecord {
  const { process, generation, stopStep, healthySince } = context;
  const phase = phaseOfExit(context);
  const stderrTail = process?.stderrTail() ?? '';
  const kind = exitKind(context, end);
  const error = exitError(context, end, kind)?.with({
    plugin: context.bundle.manifest.id,
    phase,
    facts: { exitCode: end.code, signal: end.signal, stderrTail, generation },
  });
  return {
    kind,
    code: end.code,
    signal: end.signal,
    phase,
    // A process that is not ours was detached before any stop step.
    stopStep: end.detached === true && !isOurs(context) ? null : stopStep,
    generation,
    at: end.at,
    uptimeMs: end.at - (process?.startedAt ?? end.at),
    healthyMs: healthySince === null ? 0 : end.at - healthySince,
    stderrTail,
    error: error ?? null,
  };
}

/** The record of a generation without a process. */
export function spawnFailure(context: PluginContext, at: number, error: PluginError): ExitRecord {
  const { generation, bundle, phase } = context;
  return {
    kind: 'spawn',
    code: null,
    signal: null,
    phase: error.phase ?? phase,
    stopStep: null,
    generation,
    at,
    uptimeMs: 0,
    healthyMs: 0,
    stderrTail: '',
    error: error.with({ plugin: bundle.manifest.id, phase: error.phase ?? phase }),
  };
}

/** A plugin that was healthy ended while it served, in whatever stop step: its start did not fail. */
function phaseOfExit({ phase, ending, healthySince }: PluginContext): PluginPhase {
  if (ending !== null && isRequested(ending)) return phase;
  return healthySince === null ? (ending?.error?.phase ?? phase) : 'serving';
}

/** Whether a process was stopped by a command, and not for a failure. */
export function isRequested({ cause }: Ending): boolean {
  return cause === 'deactivated' || cause === 'suspended';
}

function exitKind({ ending, phase, healthySince }: PluginContext, end: ProcessEnd): ExitKind {
  if (end.detached === true) return 'detached';
  if (end.lost === true) return 'lost';
  if (ending?.cause === 'rejected') return 'handshake';
  if (ending?.cause === 'unhealthy') return ending.error?.code === 'NOT_SERVING' ? 'health' : 'hang';
  if (ending === null && end.outOfMemory === true) return 'oom';
  if (ending === null && healthySince === null && phase !== 'serving') return 'handshake';
  return end.signal === null ? 'exit' : 'signal';
}

function exitError(context: PluginContext, end: ProcessEnd, kind: ExitKind): PluginError | null {
  const { ending, phase, healthySince } = context;
  if (kind === 'lost') return unkillableProcessError(context);
  if (kind === 'detached' && isOurs(context)) return unidentifiedProcessError(context);
  // The reason for the stop explains more than the exit that it caused.
  if (ending !== null) return ending.error;
  if (kind === 'handshake' || (kind === 'oom' && healthySince === null)) return earlyExit(context, end);
  return new PluginError({
    code: 'PLUGIN_CRASHED',
    phase,
    message: `The plugin ${exitDescription(end)}.`,
    hint: end.diagnosis,
  });
}

function earlyExit({ phase, noise }: PluginContext, end: ProcessEnd): PluginError {
  const printed =
    noise[0] === undefined ? '' : `, having printed ${JSON.stringify(noise[0])}, which is no handshake line`;
  const during: Partial<Record<PluginPhase, string>> = {
    handshake: `before it printed a handshake line${printed}`,
    dial: 'after its handshake line, before it could be dialled',
    health: 'before its health service said SERVING',
    hooks: 'in its activation hook',
  };
  return new PluginError({
    code: 'EXITED_BEFORE_HANDSHAKE',
    phase,
    message: `The plugin ${exitDescription(end)} ${during[phase] ?? 'while it was started'}.`,
    hint: end.diagnosis,
    facts: { stdout: noise },
  });
}

function exitDescription({ code, signal }: ProcessEnd): string {
  return signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`;
}

function unidentifiedProcessError({ process, ending }: PluginContext): PluginError {
  const pid = process?.pid ?? 'unknown';
  return new PluginError({
    code: 'RUNNER_LOST',
    phase: 'stopping',
    message: `Process ${pid} did not end after Shutdown. It was not signalled, as it may not be the plugin.`,
    hint: 'End it by hand. Next time give startTime, as reattachConfig does: it identifies the process.',
    cause: ending?.error,
  });
}

function unkillableProcessError({ process }: PluginContext): PluginError {
  const pid = process?.pid ?? 'unknown';
  return new PluginError({
    code: 'RUNNER_LOST',
    phase: 'stopping',
    message: `Process ${pid} did not end after SIGKILL.`,
    hint: 'It hangs in the kernel, for example on a dead disk or network mount. End it before activating the plugin again.',
  });
}
