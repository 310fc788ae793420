import { createIsolatedEnvironment, type EnvironmentOptions } from '../../environment/index.js';
import {
  isPluginError,
  PluginError,
  toPluginError,
  type Deadlines,
  type EnvironmentEvent,
} from '../../model/index.js';
import { shutdownStep, startSteps, stdioStep, type PhaseChange, type Step } from './check-steps.js';

/** The result of `espalier check`, as `--json` prints it. */
export interface CheckReport {
  readonly ok: boolean;
  readonly plugin: string;
  readonly steps: readonly Step[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string | undefined };
}

/** The input of {@link checkPlugin}. */
export interface CheckOptions {
  /** The options of an environment with one plugin. */
  readonly environment: EnvironmentOptions;
  /** Called with every event of the environment. */
  readonly onEvent: (event: EnvironmentEvent) => void;
  /** Aborts the check; the plugin is stopped then too. */
  readonly signal: AbortSignal;
}

/** Starts one plugin, probes it and stops it. Resolves with the report, and with the error that made a step fail. */
export async function checkPlugin(options: CheckOptions): Promise<{ report: CheckReport; error: unknown }> {
  const startedAt = performance.now();
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
  if (plugin === undefined) throw new Error('The options name no plugin to check.');
  const { id } = plugin;
  const steps: Step[] = [];
  if (options.environment.bundles !== undefined) {
    const { error } = plugin;
    const detail = error === null ? id : error.message;
    steps.push({
      name: 'manifest',
      ok: error === null,
      ms: Math.round(performance.now() - startedAt),
      detail,
    });
  }
  let failure: unknown = null;
  try {
    await env.activate(id);
    await env.performHealthCheck(id);
    steps.push(...startSteps(changes, null), stdioStep(env.status(id)));
    const stoppedAt = performance.now();
    await env.deactivate(id);
    const { deadlines } = env.setPolicy(id, {});
    const last = shutdownStep(env.status(id), deadlines, Math.round(performance.now() - stoppedAt));
    steps.push(last);
    if (!last.ok) failure = killedError(id, deadlines);
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
  const { code, message, hint } = toPluginError(failure);
  return { ok: false, plugin, steps, error: { code, message, hint } };
}

function killedError(plugin: string, { shutdownMs, termMs }: Deadlines): PluginError {
  return new PluginError({
    code: 'PLUGIN_CRASHED',
    plugin,
    phase: 'stopping',
    message: `The plugin did not end within ${shutdownMs} ms of GRPCController.Shutdown and ${termMs} ms of SIGTERM, and was killed.`,
    hint: 'Exit the process in the Shutdown handler or on SIGTERM, or raise deadlines.termMs; a killed process loses unsaved data.',
  });
}
