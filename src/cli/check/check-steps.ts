import type {
  Deadlines,
  HealthSource,
  PluginError,
  PluginPhase,
  PluginStatus,
  StopStep,
} from '../../model/index.js';

/** The name of a step of `espalier check`. */
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
  | 'watch'
  | 'shutdown';

/** The result of one step of `espalier check`. */
export interface Step {
  readonly name: StepName;
  readonly ok: boolean;
  /** How long it took, in milliseconds. */
  readonly ms: number;
  readonly detail?: string;
}

/** The steps of a start in order; each has the name of its phase. */
const startPhases: readonly (PluginPhase & StepName)[] = [
  'interpreter',
  'spawn',
  'handshake',
  'dial',
  'health',
  'hooks',
];

/** A change of a plugin's phase, with its time in milliseconds since the epoch. */
export interface PhaseChange {
  readonly at: number;
  readonly status: PluginStatus;
}

/**
 * The steps of a start, derived from the changes of the plugin's phase. With an `error` the last one has failed. TLS is
 * part of the phase `dial`, and gets its own step.
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
      steps.push({ name: 'tls', ok: true, ms: 0, detail: tlsDetail(next.status) });
    }
    const text = failed ? error.message : stepDetail(name, next.status);
    const isTls = failed && error.facts['tls'] !== undefined;
    steps.push({ name: isTls ? 'tls' : name, ok: !failed, ms, ...(text !== undefined && { detail: text }) });
  });
  return steps;
}

/** Whether the next phase is a later one of the start, so that this one succeeded. */
function isPast(phase: PluginPhase & StepName, next: PluginPhase | null): boolean {
  if (next === 'serving') return true;
  const later = startPhases.slice(startPhases.indexOf(phase) + 1);
  return later.some((other) => other === next);
}

function tlsDetail({ transport, verifiesHost }: PluginStatus): string {
  if (transport === null || transport === 'plaintext') return 'plaintext';
  if (verifiesHost === null) return `${transport}; whether it verifies the host was not tried`;
  return verifiesHost
    ? `${transport}: it refuses a connection without the certificate of the host`
    : `${transport}: it accepts a connection without the certificate of the host`;
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
      return status.hooks === null || status.hooks.length === 0
        ? 'none of espalier.v1.PluginHooks; hooks of other services are for their host'
        : status.hooks.join(', ');
    case 'health':
      return healthTexts[status.health.source ?? 'plugin'];
    case 'manifest':
    case 'tls':
    case 'stdio':
    case 'watch':
    case 'shutdown':
      return undefined;
  }
}

const healthTexts: Readonly<Record<HealthSource, string | undefined>> = {
  plugin: undefined,
  overall: 'the health service does not know the name plugin; its overall health is asked for',
  connection: 'no health service for the plugin; only that it answers is known',
};

/** The step about the GRPCStdio stream, which is optional and cannot fail. */
export function stdioStep({ stdio }: PluginStatus): Step {
  const offered = stdio === null ? 'open, no output yet' : 'streaming';
  return { name: 'stdio', ok: true, ms: 0, detail: stdio === false ? 'not offered' : offered };
}

/** What became of a Health.Watch. `harmful`: the plugin has to be killed after one, and ends by itself without. */
export type WatchResult = 'opened' | 'notOffered' | 'harmful';

const watchTexts: Readonly<Record<WatchResult, string>> = {
  opened: 'Health.Watch is offered; health.watch may be turned on',
  notOffered: 'Health.Watch is not offered',
  harmful: 'after a Health.Watch the plugin has to be killed: leave health.watch off',
};

/** The step about Health.Watch, which is optional and cannot fail. */
export function watchStep(watch: WatchResult): Step {
  return { name: 'watch', ok: true, ms: 0, detail: watchTexts[watch] };
}

const stopStepTexts: Readonly<Record<Exclude<StopStep, 'killing'>, string>> = {
  draining: 'exited while its calls were drained',
  deactivating: 'exited in OnDeactivate',
  requestingShutdown: 'exited after GRPCController.Shutdown',
  terminating: 'exited after SIGTERM: Shutdown had no effect, or is not offered',
};

/** The step of the stop; it fails for a plugin that had to be killed, or exited before it. */
export function shutdownStep({ lastExit }: PluginStatus, { termMs }: Deadlines, ms: number): Step {
  const stopStep = lastExit?.stopStep ?? null;
  const detail =
    stopStep === null
      ? 'exited before it was stopped'
      : stopStep === 'killing'
        ? `was killed ${termMs} ms after SIGTERM`
        : stopStepTexts[stopStep];
  return { name: 'shutdown', ok: stopStep !== null && stopStep !== 'killing', ms, detail };
}
