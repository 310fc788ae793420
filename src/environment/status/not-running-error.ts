import { pluginState, type PluginSnapshot } from '../../machines/index.js';
import { PluginError } from '../../model/index.js';

/** The error of a call to a plugin that is not `healthy`: PLUGIN_GAVE_UP when it is `failed`, else PLUGIN_NOT_RUNNING. */
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
