import { createIsolatedEnvironment, type EnvironmentOptions } from '../../environment/index.js';
import { isPluginError, messageOf, PluginError, type EnvironmentEvent } from '../../model/index.js';
import { shutdownStep, startSteps, stdioStep, type PhaseChange, type Step } from './check-steps.js';

/** What `espalier check` found out. */
export interface CheckReport {
  readonly ok: boolean;
  readonly plugin: string;
  readonly steps: readonly Step[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
}

export interface CheckOptions {
  readonly environment: EnvironmentOptions;
  readonly onEvent: (event: EnvironmentEvent) => void;
  /** Ends the check early; nothing is left running then either. */
  readonly signal: AbortSignal;
}

/** Starts one plugin, walks every step of its life, and ends it. The error, if any, comes with its facts. */
export async function checkPlugin(options: CheckOptions): Promise<{ report: CheckReport; error: unknown }> {
  const begun = performance.now();
  const env = await createIsolatedEnvironment(withoutRestarts(options.environment));
  const abort = (): void => {
    void env.shutdown();
  };
  options.signal.addEventListener('abort', abort);
  const changes: PhaseChange[] = [];
  env.events.subscribe((event) => {
    if (event.type === 'plugin.status') changes.push({ at: event.at, status: event.status });
    options.onEvent(event);
  });
  const [plugin] = env.available();
  if (plugin === undefined) throw new Error('A check without a plugin.');
  const { id } = plugin;
  const steps: Step[] = [];
  if (options.environment.bundles !== undefined) {
    const { error } = plugin;
    const detail = error === null ? id : error.message;
    steps.push({ name: 'manifest', ok: error === null, ms: Math.round(performance.now() - begun), detail });
  }
  let failure: unknown = null;
  try {
    await env.activate(id);
    await env.performHealthCheck(id);
    steps.push(...startSteps(changes, null), stdioStep(env.status(id)));
    const stopping = performance.now();
    await env.deactivate(id);
    const last = shutdownStep(env.status(id), Math.round(performance.now() - stopping));
    steps.push(last);
    if (!last.ok) failure = killedError(id);
  } catch (error) {
    failure = error;
    if (isPluginError(error) && plugin.error === null) steps.push(...startSteps(changes, error));
  } finally {
    options.signal.removeEventListener('abort', abort);
    await env.shutdown();
  }
  return { report: report(id, steps, failure), error: failure };
}

function withoutRestarts(environment: EnvironmentOptions): EnvironmentOptions {
  const { policy } = environment;
  return { ...environment, policy: { ...policy, restart: { ...policy?.restart, restart: 'temporary' } } };
}

function report(plugin: string, steps: readonly Step[], failure: unknown): CheckReport {
  if (failure === null) return { ok: true, plugin, steps };
  const error = isPluginError(failure)
    ? { code: failure.code, message: failure.message, hint: failure.hint }
    : { code: 'INTERNAL', message: messageOf(failure) };
  return { ok: false, plugin, steps, error };
}

function killedError(plugin: string): PluginError {
  return new PluginError({
    code: 'PLUGIN_CRASHED',
    plugin,
    phase: 'stopping',
    message: 'The plugin ignored GRPCController.Shutdown and SIGTERM and had to be killed.',
    hint: 'End the process in the Shutdown handler, or on SIGTERM; what it had not saved is lost now.',
  });
}
