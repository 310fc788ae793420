import type { SnapshotFrom } from 'xstate';
import type {
  HealthStatus,
  MattermostState,
  PluginPhase,
  PluginState,
  PluginStatus,
} from '../../model/index.js';
import { hasProcess } from '../../policy/index.js';
import type { PluginMachine } from './machine.js';
import type { PluginContext } from './types.js';

export type PluginSnapshot = SnapshotFrom<PluginMachine>;

/** The one flat word for a snapshot of the plugin machine. */
export function pluginState(snapshot: PluginSnapshot): PluginState {
  const { value } = snapshot;
  if (value === 'pending') return snapshot.context.queued === null ? 'restarting' : 'pending';
  if (value === 'removed') return 'idle';
  if (typeof value === 'string') return value;
  const { live } = value;
  if (typeof live === 'string') return live;
  return 'handshaking' in live ? 'handshaking' : 'stopping';
}

/** The public status of one plugin, derived from its snapshot and from nothing else. */
export function pluginStatus(snapshot: PluginSnapshot): PluginStatus {
  const { context } = snapshot;
  const state = pluginState(snapshot);
  const { manifest } = context.bundle;
  return {
    id: manifest.id,
    state,
    phase: finerPhase(context, state),
    wanted: context.wanted,
    mattermostState: mattermostState(context, state),
    generation: context.generation,
    pid: context.process?.pid ?? null,
    command: context.command,
    version: manifest.version,
    protocolVersion: context.handshake?.appVersion ?? null,
    address: context.channel?.address ?? null,
    transport: context.channel?.transport ?? null,
    multiplexed: context.channel?.multiplexed ?? null,
    stdio: context.stdio,
    hooks: context.hooks === undefined ? null : context.hooks !== null,
    restarts: context.restarts,
    ready: state === 'healthy' && context.health.notServingSince === null,
    health: healthStatus(context, state),
    failedReason: state === 'failed' ? context.failedReason : null,
    lastExit: context.lastExit,
    error: context.error,
    since: context.since,
    retryAt: retryAt(context, state),
  };
}

function healthStatus({ health, policy }: PluginContext, state: PluginState): HealthStatus {
  const { passed, missed, excused, lastExcuse, lastMs, watched } = health;
  const notServingSince = state === 'healthy' ? health.notServingSince : null;
  const { notServingMs } = policy.health;
  const ends = notServingSince !== null && notServingMs !== null;
  const notServingUntil = ends ? notServingSince + notServingMs : null;
  return { passed, missed, excused, lastExcuse, lastMs, watched, notServingSince, notServingUntil };
}

function finerPhase({ phase }: PluginContext, state: PluginState): PluginPhase | null {
  return hasProcess(state) ? phase : null;
}

function mattermostState(context: PluginContext, state: PluginState): MattermostState {
  switch (state) {
    case 'pending':
    case 'spawning':
    case 'handshaking':
      return 'Starting';
    case 'healthy':
      return 'Running';
    case 'stopping':
      return 'Stopping';
    case 'crashed':
    case 'restarting':
      return context.wasHealthy ? 'FailedToStayRunning' : 'FailedToStart';
    case 'failed':
      return context.failedReason ?? 'FailedToStart';
    case 'idle':
      return 'NotRunning';
    case 'invalid':
      return 'FailedToStart';
  }
}

function retryAt(context: PluginContext, state: PluginState): number | null {
  const { since, pause, policy, suspended, failedWithGroup } = context;
  // Its supervisor alone knows when a group is started again.
  if (state === 'restarting') return suspended === null ? since + pause.delayMs : null;
  const { halfOpenAfterMs } = policy.restart;
  return state === 'failed' && halfOpenAfterMs !== null && !failedWithGroup ? since + halfOpenAfterMs : null;
}
