import {
  PluginError,
  type ExitKind,
  type ExitRecord,
  type PluginErrorCode,
  type PluginPhase,
} from '../../model/index.js';
import { isOurs } from './reattach.js';
import type { Ending, PluginContext } from './types.js';

/** How a process ended, as the operating system tells it. `lost`: it outlived its SIGKILL. */
export interface ProcessEnd {
  readonly at: number;
  readonly code: number | null;
  readonly signal: string | null;
  readonly diagnosis: string;
  readonly lost?: boolean;
  /** It had no memory left under its limit. */
  readonly outOfMemory?: boolean;
  /** It was somebody else's, and may live on. */
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
    // What is not ours was let go of without being asked.
    stopStep: end.detached === true && !isOurs(context) ? null : stopStep,
    generation,
    at: end.at,
    uptimeMs: end.at - (process?.startedAt ?? end.at),
    healthyMs: healthySince === null ? 0 : end.at - healthySince,
    stderrTail,
    error: error ?? null,
  };
}

/** The record of a generation that never became a process. */
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

/** A plugin that was healthy fell while it served, whatever it was asked last: it has not failed to start. */
function phaseOfExit({ phase, ending, healthySince }: PluginContext): PluginPhase {
  if (ending !== null && isRequested(ending)) return phase;
  return healthySince === null ? (ending?.error?.phase ?? phase) : 'serving';
}

/** Whether a process was brought down because somebody wanted that, and not for what it did. */
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
  // Its hint named the next step without knowing how the process would end; the diagnosis does not know more.
  if (ending !== null) return ending.error;
  if (kind === 'handshake' || (kind === 'oom' && healthySince === null)) return earlyExit(context, end);
  return new PluginError({
    code: 'PLUGIN_CRASHED',
    phase,
    message: `The plugin ${howItEnded(end)}.`,
    hint: end.diagnosis,
  });
}

function earlyExit({ phase, noise }: PluginContext, end: ProcessEnd): PluginError {
  const printed =
    noise[0] === undefined ? '' : `, having printed ${JSON.stringify(noise[0])}, which is no handshake line`;
  const before: Partial<Record<PluginPhase, string>> = {
    handshake: `before it printed a handshake line${printed}`,
    dial: 'after its handshake line, before it could be dialled',
    health: 'before its health service said SERVING',
    hooks: 'in its activation hook',
  };
  return new PluginError({
    code: 'EXITED_BEFORE_HANDSHAKE',
    phase,
    message: `The plugin ${howItEnded(end)} ${before[phase] ?? 'while it was started'}.`,
    hint: end.diagnosis,
    facts: { stdout: noise },
  });
}

function howItEnded({ code, signal }: ProcessEnd): string {
  return signal === null ? `exited with code ${code ?? 'unknown'}` : `was ended by ${signal}`;
}

function unidentifiedProcessError({ process, ending }: PluginContext): PluginError {
  const pid = process?.pid ?? 'unknown';
  return new PluginError({
    code: 'RUNNER_LOST',
    phase: 'stopping',
    message: `Process ${pid} has not ended when it was asked, and may not be the plugin: it was not signalled.`,
    hint: 'End it by hand; next time give startTime, as reattachConfig does, so that it can be told from a stranger.',
    cause: ending?.error,
  });
}

function unkillableProcessError({ process }: PluginContext): PluginError {
  const pid = process?.pid ?? 'unknown';
  return new PluginError({
    code: 'RUNNER_LOST',
    phase: 'stopping',
    message: `Process ${pid} has not ended after SIGKILL.`,
    hint: 'It hangs in the kernel (a dead disk or network mount?); end it by hand before activating the plugin again.',
  });
}

/** What to say when the start deadline passes in a phase. */
export function startTimeout(context: PluginContext): PluginError {
  const { phase, noise, partialLine, error, bundle, startMs, handshake, process, reattach } = context;
  const within = `within ${startMs} ms`;
  const raise = 'If it only needs longer, raise deadlines.startMs.';
  const facts = { startMs, stderrTail: process?.stderrTail() ?? '', stdout: noise };
  const timeoutError = (code: PluginErrorCode, message: string, hint: string) =>
    new PluginError({
      code,
      message,
      hint: `${hint} ${raise}`,
      phase,
      facts,
      plugin: bundle.manifest.id,
      cause: error,
    });

  if (phase === 'spawn' && reattach !== null) {
    return timeoutError(
      'REATTACH_NOT_FOUND',
      `Process ${reattach.pid} cannot be reattached: ${reattach.addr.string} took no connection ${within}.`,
      'Check that the configuration is the newest one of this plugin.',
    );
  }
  if (phase === 'dial') {
    const address = handshake?.address ?? 'its address';
    return timeoutError(
      'CONNECT_FAILED',
      `The plugin did not accept a connection at ${address} ${within}.`,
      'Check that it listens before it prints the line.',
    );
  }
  if (phase === 'health') {
    return error?.code === 'NOT_SERVING'
      ? timeoutError('NOT_SERVING', `The plugin did not become SERVING ${within}.`, error.hint ?? '')
      : timeoutError(
          'HEALTH_TIMEOUT',
          `The plugin's health service did not answer ${within}.`,
          'It accepts connections but does not serve them.',
        );
  }
  if (phase === 'hooks') {
    return timeoutError(
      'HOOK_TIMEOUT',
      `OnActivate did not return ${within}.`,
      'See the log for what the hook waits for.',
    );
  }
  if (noise[0] !== undefined) {
    return timeoutError(
      'HANDSHAKE_UNRECOGNIZED',
      `The plugin printed ${JSON.stringify(noise[0])}, but no handshake line ${within}.`,
      'Its first line on stdout must be 1|<version>|<network>|<address>|grpc.',
    );
  }
  if (partialLine !== '') {
    return timeoutError(
      'START_TIMEOUT',
      `The plugin printed ${JSON.stringify(partialLine)}, but no line end ${within}.`,
      'End the handshake line with a line feed and flush stdout.',
    );
  }
  return timeoutError(
    'START_TIMEOUT',
    `The plugin printed no handshake line ${within}.`,
    'Check that it flushes stdout and does not wait for something.',
  );
}
