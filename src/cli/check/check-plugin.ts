import { createIsolatedEnvironment, type EnvironmentOptions } from '../../environment/index.js';
import {
  isPluginError,
  PluginError,
  toPluginError,
  type Deadlines,
  type EnvironmentEvent,
} from '../../model/index.js';
import {
  shutdownStep,
  startSteps,
  stdioStep,
  watchStep,
  type PhaseChange,
  type Step,
  type WatchResult,
} from './check-steps.js';

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

/**
 * Starts one plugin, probes it and stops it. Resolves with the report, and with the error that made a step fail. A plugin
 * that has to be killed after a Health.Watch is started once more without one, as the Watch may be the cause.
 */
export async function checkPlugin(options: CheckOptions): Promise<{ report: CheckReport; error: unknown }> {
  const watched = await checkOnce(options, true);
  if (watched.watch !== 'opened' || !watched.wasKilled || options.signal.aborted)
    return resultOf(watched, watched.watch);
  const unwatched = await checkOnce(options, false);
  return resultOf(unwatched, unwatched.wasKilled ? 'opened' : 'harmful');
}

interface Run {
  readonly plugin: string;
  readonly steps: readonly Step[];
  readonly failure: unknown;
  readonly watch: WatchResult | null;
  readonly wasKilled: boolean;
}

function resultOf(
  { plugin, steps, failure }: Run,
  watch: WatchResult | null,
): { report: CheckReport; error: unknown } {
  // The last step is the stop, which shows whether the Watch has hurt.
  const all = watch === null ? steps : [...steps.slice(0, -1), watchStep(watch), ...steps.slice(-1)];
  return { report: report(plugin, all, failure), error: failure };
}

/** How often the health is checked at most until Watch has answered. */
const maxWatchChecks = 10;

async function checkOnce(options: CheckOptions, watches: boolean): Promise<Run> {
  const startedAt = performance.now();
  const env = await createIsolatedEnvironment(optionsOfCheck(options.environment, watches));
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
  let watch: WatchResult | null = null;
  let wasKilled = false;
  try {
    await env.activate(id);
    await env.performHealthCheck(id);
    for (
      let round = 0;
      watches && round < maxWatchChecks && env.status(id).health.watched === null;
      round += 1
    )
      await env.performHealthCheck(id);
    watch = env.status(id).health.watched === true ? 'opened' : 'notOffered';
    steps.push(...startSteps(changes, null), stdioStep(env.status(id)));
    const stoppedAt = performance.now();
    await env.deactivate(id);
    const { deadlines } = env.setPolicy(id, {});
    const last = shutdownStep(env.status(id), deadlines, Math.round(performance.now() - stoppedAt));
    steps.push(last);
    wasKilled = !last.ok;
    if (wasKilled) failure = killedError(id, deadlines);
  } catch (error) {
    failure = error;
    if (isPluginError(error) && plugin.error === null) steps.push(...startSteps(changes, error));
  } finally {
    options.signal.removeEventListener('abort', abort);
    await env.shutdown();
  }
  return { plugin: id, steps, failure, watch, wasKilled };
}

function optionsOfCheck(environment: EnvironmentOptions, watch: boolean): EnvironmentOptions {
  const { policy, tls, mtls = {} } = environment;
  const verified = { ...(typeof mtls === 'string' ? { mode: mtls } : mtls), verify: true };
  const restart = { ...policy?.restart, restart: 'temporary' as const };
  return {
    ...environment,
    ...(tls === undefined && { mtls: verified }),
    policy: { ...policy, restart, health: { ...policy?.health, watch } },
  };
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
