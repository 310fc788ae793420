import type { SnapshotFrom } from 'xstate';
import type { HealthStatus, PluginPhase, PluginState, PluginStatus } from '../../model/index.js';
import { hasProcess } from '../../policy/index.js';
import type { PluginMachine } from './machine.js';
import type { PluginContext } from './types.js';

/** A snapshot of the plugin machine. */
export type PluginSnapshot = SnapshotFrom<PluginMachine>;

/** The public state of a plugin, from a snapshot of its machine. */
export function pluginState(snapshot: PluginSnapshot): PluginState {
  const { value } = snapshot;
  if (value === 'pending') return snapshot.context.queued === null ? 'restarting' : 'pending';
  if (value === 'removed') return 'idle';
  if (typeof value === 'string') return value;
  const { live } = value;
  if (typeof live === 'string') return live;
  return 'handshaking' in live ? 'handshaking' : 'stopping';
}

/** The public status of a plugin, derived from a snapshot of its machine. */
export function pluginStatus(snapshot: PluginSnapshot): PluginStatus {
  const { context } = snapshot;
  const state = pluginState(snapshot);
  const { manifest } = context.bundle;
  return {
    id: manifest.id,
    state,
    phase: finerPhase(context, state),
    wanted: context.wanted,
    generation: context.generation,
    pid: context.process?.pid ?? null,
    command: context.command,
    version: manifest.version,
    protocolVersion: context.handshake?.appVersion ?? null,
    address: context.channel?.address ?? null,
    transport: context.channel?.transport ?? null,
    verifiesHost: context.channel?.verifiesHost ?? null,
    multiplexed: context.channel?.multiplexed ?? null,
    stdio: context.stdio,
    hooks: context.hooks === undefined ? null : (context.hooks ?? []),
    restarts: context.restarts,
    ready: state === 'healthy' && context.health.notServingSince === null,
    health: healthStatus(context, state),
    wasHealthy: context.wasHealthy,
    failedReason: state === 'failed' ? context.failedReason : null,
    lastExit: context.lastExit,
    error: context.error,
    since: context.since,
    retryAt: retryAt(context, state),
  };
}

function healthStatus({ health, policy }: PluginContext, state: PluginState): HealthStatus {
  const { passed, missed, excused, lastExcuse, source, lastMs, watched } = health;
  const notServingSince = state === 'healthy' ? health.notServingSince : null;
  const { notServingMs } = policy.health;
  const ends = notServingSince !== null && notServingMs !== null;
  const notServingUntil = ends ? notServingSince + notServingMs : null;
  return {
    passed,
    missed,
    excused,
    lastExcuse,
    source,
    lastMs,
    watched,
    notServingSince,
    notServingUntil,
  };
}

function finerPhase({ phase }: PluginContext, state: PluginState): PluginPhase | null {
  return hasProcess(state) ? phase : null;
}

function retryAt(context: PluginContext, state: PluginState): number | null {
  const { since, pause, policy, suspended, failedWithGroup } = context;
  // The supervisor has the backoff of a group restart.
  if (state === 'restarting') return suspended === null ? since + pause.delayMs : null;
  const { halfOpenAfterMs } = policy.restart;
  return state === 'failed' && halfOpenAfterMs !== null && !failedWithGroup ? since + halfOpenAfterMs : null;
}
