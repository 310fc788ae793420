import type { HealthPolicy } from '../../model/index.js';
import type { PluginContext } from './types.js';

/**
 * Whether a plugin is still being attached to. Until it has proved to be healthy it is not ours: whatever goes wrong,
 * the process is left as it was, and nothing is started in its place.
 */
export function isAttaching({ reattach, healthySince }: PluginContext): boolean {
  return reattach !== null && healthySince === null;
}

/** Whether the process is ours to bring down: we started it, or it was handed over to us and is healthy. */
export function isOurs(context: PluginContext): boolean {
  return context.reattach?.test !== true && !isAttaching(context);
}

/** Whether a signal would reach the plugin and never a stranger: a pid alone proves nothing. */
export function maySignal(context: PluginContext): boolean {
  const { reattach } = context;
  return isOurs(context) && (reattach === null || reattach.startTime !== undefined);
}

/**
 * How the health of this generation is judged. Somebody may hold a plugin in a debugger: in test mode what is found
 * is told, and nothing follows from it. A plugin that multiplexes takes one connection, ever.
 */
export function healthPolicy({ reattach, policy, handshake }: PluginContext): HealthPolicy {
  const { health } = policy;
  const freshDialEvery = handshake?.multiplexed === true ? null : health.freshDialEvery;
  return reattach?.test === true
    ? { ...health, freshDialEvery, misses: Infinity, notServingMs: null }
    : { ...health, freshDialEvery };
}
