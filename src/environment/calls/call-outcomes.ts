import { pluginState, type PluginSnapshot } from '../../machines/index.js';
import { PluginError } from '../../model/index.js';

/** Decides, from one snapshot after the other, how a start has gone. Throws the error that it failed with. */
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
      // Brought down with its group, it is started again: it has not failed by itself.
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

/** Decides when the process that a plugin had is gone, whether another one follows or not. */
export function stopOutcome(before: PluginSnapshot): (snapshot: PluginSnapshot) => true | undefined {
  return (snapshot) =>
    pluginState(snapshot) === 'idle' || snapshot.context.lastExit !== before.context.lastExit
      ? true
      : undefined;
}

/** Decides how a health check that was asked for has gone. Throws whatever keeps the plugin from serving. */
export function healthCheckOutcome(number: number): (snapshot: PluginSnapshot) => true | undefined {
  return (snapshot) => {
    if (pluginState(snapshot) !== 'healthy') throw snapshot.context.error ?? notRunningError(snapshot);
    const { checksAnswered, lastError } = snapshot.context.health;
    if (checksAnswered < number) return undefined;
    if (lastError !== null) throw lastError.with({ plugin: snapshot.context.bundle.manifest.id });
    return true;
  };
}

/** What to say to somebody who needs a plugin that does not serve right now. */
export function notRunningError(snapshot: PluginSnapshot): PluginError {
  const state = pluginState(snapshot);
  const plugin = snapshot.context.bundle.manifest.id;
  const isStarting = ['pending', 'spawning', 'handshaking', 'restarting'].includes(state);
  return new PluginError({
    code: state === 'failed' ? 'PLUGIN_GAVE_UP' : 'PLUGIN_NOT_RUNNING',
    plugin,
    message: `Plugin ${plugin} cannot serve: it is ${state}.`,
    hint: isStarting ? 'Wait until it is healthy.' : 'Activate it first.',
    facts: { state, lastExit: snapshot.context.lastExit },
    cause: snapshot.context.lastExit?.error,
  });
}

function startCancelledError(snapshot: PluginSnapshot): PluginError {
  const plugin = snapshot.context.bundle.manifest.id;
  return new PluginError({
    code: 'PLUGIN_NOT_RUNNING',
    plugin,
    message: `The start of ${plugin} was ended by a deactivation.`,
    hint: 'Activate it again.',
  });
}
