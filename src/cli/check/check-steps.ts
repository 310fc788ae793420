import type { PluginError, PluginPhase, PluginStatus, StopStep } from '../../model/index.js';

export type StepName =
  | 'manifest'
  | 'interpreter'
  | 'spawn'
  | 'handshake'
  | 'tls'
  | 'dial'
  | 'health'
  | 'hooks'
  | 'stdio'
  | 'shutdown';

export interface Step {
  readonly name: StepName;
  readonly ok: boolean;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  readonly detail?: string;
}

/** The steps of a start in order, by the phase in which each happens. */
const startPhases: readonly (PluginPhase & StepName)[] = [
  'interpreter',
  'spawn',
  'handshake',
  'dial',
  'health',
  'hooks',
];

/** One moment at which a plugin came into a phase. */
export interface PhaseChange {
  readonly at: number;
  readonly status: PluginStatus;
}

/**
 * The steps that a start has completed or failed in, from the phases that the plugin went through. The encrypted
 * channel, if there is one, is made while dialling.
 */
export function startSteps(changes: readonly PhaseChange[], error: PluginError | null): Step[] {
  const steps: Step[] = [];
  changes.forEach(({ at, status }, index) => {
    const name = startPhases.find((phase) => phase === status.phase);
    const next = changes[index + 1];
    if (name === undefined || next === undefined) return;
    const failed = error !== null && !isPast(name, next.status.phase);
    const ms = next.at - at;
    if (name === 'dial' && !failed) {
      steps.push({ name: 'tls', ok: true, ms: 0, detail: next.status.transport ?? 'plaintext' });
    }
    const text = failed ? error.message : stepDetail(name, next.status);
    const isTls = failed && error.facts['tls'] !== undefined;
    steps.push({ name: isTls ? 'tls' : name, ok: !failed, ms, ...(text !== undefined && { detail: text }) });
  });
  return steps;
}

/** Whether a phase was left for a later one of the start, and not for its end. */
function isPast(phase: PluginPhase & StepName, next: PluginPhase | null): boolean {
  if (next === 'serving') return true;
  const later = startPhases.slice(startPhases.indexOf(phase) + 1);
  return later.some((other) => other === next);
}

function stepDetail(name: StepName, status: PluginStatus): string | undefined {
  switch (name) {
    case 'interpreter':
      return status.command?.[0];
    case 'spawn':
      return `process ${status.pid ?? '?'}`;
    case 'dial':
      return status.multiplexed === true ? `${status.address}, multiplexed` : (status.address ?? undefined);
    case 'handshake':
      return status.protocolVersion === null ? undefined : `protocol version ${status.protocolVersion}`;
    case 'hooks':
      return status.hooks === true ? 'implemented' : 'none';
    case 'health':
    case 'manifest':
    case 'tls':
    case 'stdio':
    case 'shutdown':
      return undefined;
  }
}

export function stdioStep({ stdio }: PluginStatus): Step {
  const said = stdio === null ? 'open, nothing printed yet' : 'streaming';
  return { name: 'stdio', ok: true, ms: 0, detail: stdio === false ? 'not offered' : said };
}

const stopStepTexts: Readonly<Record<StopStep, string>> = {
  draining: 'ended while its calls were drained',
  deactivating: 'ended in OnDeactivate',
  requestingShutdown: 'GRPCController.Shutdown',
  terminating: 'ended by SIGTERM: Shutdown was not enough, or is not offered',
  killing: 'ignored Shutdown and SIGTERM; had to be killed',
};

/** How the plugin was ended; a plugin that has to be killed fails this step. */
export function shutdownStep({ lastExit }: PluginStatus, ms: number): Step {
  const rung = lastExit?.stopStep ?? null;
  const detail = rung === null ? 'ended by itself' : stopStepTexts[rung];
  return { name: 'shutdown', ok: rung !== null && rung !== 'killing', ms, detail };
}
