import type { HealthPolicy } from '../../model/index.js';
import type { PluginContext } from './types.js';

/**
 * Whether a plugin is still being reattached. Until it is healthy, its process is left alone whatever fails, and no other
 * one is started.
 */
export function isAttaching({ reattach, healthySince }: PluginContext): boolean {
  return reattach !== null && healthySince === null;
}

/** Whether Espalier may stop the process: it spawned it, or has reattached it, not in test mode, and it was healthy. */
export function isOurs(context: PluginContext): boolean {
  return context.reattach?.test !== true && !isAttaching(context);
}

/** Whether the process may be signalled: a pid alone may have been reused, the start time proves that it was not. */
export function maySignal(context: PluginContext): boolean {
  const { reattach } = context;
  return isOurs(context) && (reattach === null || reattach.startTime !== undefined);
}

/**
 * The health policy of this generation. In test mode the plugin may be stopped in a debugger: probes report, and nothing
 * follows. A plugin that multiplexes accepts one connection only, so there is no new one.
 */
export function healthPolicy({ reattach, policy, handshake }: PluginContext): HealthPolicy {
  const { health } = policy;
  const oneConnection = handshake?.multiplexed === true ? { freshDialEvery: null, busyMs: 0 } : {};
  return reattach?.test === true
    ? { ...health, ...oneConnection, misses: Infinity, notServingMs: null }
    : { ...health, ...oneConnection };
}
