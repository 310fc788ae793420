import { pluginState, type PluginSnapshot } from '../../machines/index.js';
import { PluginError } from '../../model/index.js';
import { notRunningError } from '../status/not-running-error.js';

/** Whether a start has succeeded; `undefined` while it goes on. Throws the error of a start that failed. */
export function startOutcome(snapshot: PluginSnapshot): true | undefined {
  switch (pluginState(snapshot)) {
    case 'healthy':
      return true;
    case 'pending':
    case 'spawning':
    case 'handshaking':
    case 'stopping':
      return undefined;
    case 'restarting':
      // Stopped with its group, it starts again with it: this start has not failed.
      if (snapshot.context.suspended !== null) return undefined;
      throw snapshot.context.error ?? notRunningError(snapshot);
    case 'crashed':
    case 'failed':
    case 'invalid':
      throw snapshot.context.error ?? notRunningError(snapshot);
    case 'idle':
      throw snapshot.context.error ?? startCancelledError(snapshot);
  }
}

/** Whether the process of the earlier snapshot has ended; `undefined` while it has not. A new one may run already. */
export function stopOutcome(before: PluginSnapshot): (snapshot: PluginSnapshot) => true | undefined {
  return (snapshot) =>
    pluginState(snapshot) === 'idle' || snapshot.context.lastExit !== before.context.lastExit
      ? true
      : undefined;
}

/**
 * Whether the requested health check with this number has passed; `undefined` until it is answered. Throws the error of
 * one that failed.
 */
export function healthCheckOutcome(checkNumber: number): (snapshot: PluginSnapshot) => true | undefined {
  return (snapshot) => {
    if (pluginState(snapshot) !== 'healthy') throw snapshot.context.error ?? notRunningError(snapshot);
    const { checksAnswered, lastError } = snapshot.context.health;
    if (checksAnswered < checkNumber) return undefined;
    if (lastError !== null) throw lastError.with({ plugin: snapshot.context.bundle.manifest.id });
    return true;
  };
}

function startCancelledError(snapshot: PluginSnapshot): PluginError {
  const plugin = snapshot.context.bundle.manifest.id;
  return new PluginError({
    code: 'PLUGIN_NOT_RUNNING',
    plugin,
    message: `The start of plugin ${plugin} was cancelled by a deactivation.`,
    hint: 'Activate it again.',
  });
}
