import { Subject } from 'rxjs';
import { createActor } from 'xstate';
import {
  createPluginEffects,
  createSinks,
  readBundle,
  readLockFile,
  scanBundles,
  underLock,
  type ScannedBundle,
  type SocketDirectories,
} from '../effects/index.js';
import { createEnvironmentMachine, pluginState } from '../machines/index.js';
import {
  PluginError,
  type EnvironmentEvent,
  type Manifest,
  type PluginLogEntry,
  type PluginStatus,
} from '../model/index.js';
import { composePolicy } from '../policy/index.js';
import { createBroker } from './broker.js';
import type { AvailablePlugin, Environment } from './environment.js';
import { explainStatus } from './explain.js';
import { invalidStatus } from './invalid-status.js';
import { killOnExit } from './kill-on-exit.js';
import { logEvent } from './log-events.js';
import { resolveOptions, type EnvironmentOptions, type ResolvedOptions } from './options.js';
import { guardOrphans } from './orphans.js';
import { createPluginHandle } from './plugin-handle.js';
import { bundleOfProgram } from './programs.js';
import {
  bundleOfManifest,
  reattachConfigOf,
  reattachError,
  reattachRefusal,
  runningRefusal,
} from './reattach.js';
import { createRegistry, type Runnable } from './registry.js';
import { operatorsPolicy } from './set-policy.js';
import { checkOutcome, notRunning, restOutcome, startOutcome } from './settle.js';
import { makeSocketDirectories } from './socket-options.js';
import { watchPlugin, type PluginWatch } from './watch-plugin.js';

/**
 * Reads the bundles and makes an environment that looks after them. Nothing is started yet.
 *
 * @throws PluginError CONFIG_INVALID when the options or the plugin directory are not usable. Broken bundles are
 * no reason to throw: they are listed with theirs.
 */
export async function createEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const resolved = resolveOptions(options);
  const scanned = await scanAll(resolved);
  const environment = assemble(
    resolved,
    await makeSocketDirectories(resolved.settings.hostEnv, resolved.unixSocket),
  );
  environment.take(scanned);
  if (resolved.sweep) await environment.sweep();
  return environment.api;
}

function assemble(options: ResolvedOptions, sockets: SocketDirectories) {
  const events = new Subject<EnvironmentEvent>();
  const emit = (event: EnvironmentEvent): void => {
    events.next(event);
  };
  const log = (entry: PluginLogEntry): void => {
    emit({ type: 'plugin.log', at: effects.now(), plugin: entry.plugin, entry });
  };
  const sinks = createSinks(options.sinks ?? {}, log);
  const orphans = guardOrphans(sockets.root, options.orphans, emit, () => effects.now());
  const effects = createPluginEffects(options.settings, sockets, log, sinks, orphans.guard);
  const machine = createEnvironmentMachine(effects, { random: Math.random });
  const actor = createActor(machine, { inspect: options.inspect });
  const registry = createRegistry();
  const watches = new Map<string, PluginWatch>();
  const generations = new Map<string, number>();
  const guard = killOnExit(() => [...watches.values()].map(({ ref }) => ref), sockets);
  let shutdown: Promise<void> | null = null;

  const { logger } = options;
  if (logger !== undefined)
    events.subscribe((event) => {
      logEvent(logger, event);
    });
  actor.subscribe({
    next: (snapshot) => {
      follow(snapshot.context.children);
    },
    // Without an observer a defect of the tree would be thrown at the embedder's process. Nobody looks after the
    // plugins any more then, so none may be left.
    error: (error) => {
      logger?.error({ error }, 'the plugin environment broke; its plugins are ended');
      guard.killAll();
      void api.shutdown();
    },
  });
  actor.start();

  /** A child that broke is replaced by its supervisor; its watch moves to the new actor. */
  function follow(children: ReturnType<typeof actor.getSnapshot>['context']['children']): void {
    for (const [id, { ref }] of Object.entries(children)) {
      if (watches.get(id)?.ref === ref) continue;
      watches.get(id)?.close();
      watches.set(
        id,
        watchPlugin(ref, emit, () => effects.now()),
      );
    }
  }

  function take(scanned: readonly ScannedBundle[]): void {
    for (const runnable of registry.take(scanned)) supervise(runnable);
  }

  function supervise({ bundle, id }: Runnable): void {
    const policy = composePolicy(options.policy, bundle.manifest.supervision);
    actor.send({ type: 'bundle.added', bundle, policy, generation: generations.get(id) ?? 0 });
  }

  function assertRunning(): void {
    if (shutdown === null) return;
    throw new PluginError({
      code: 'ENVIRONMENT_STOPPED',
      message: 'The plugin environment has been shut down.',
      hint: 'Create a new environment.',
    });
  }

  function find(id: string): ScannedBundle {
    const found = registry.find(id);
    if (found !== undefined) return found;
    throw new PluginError({
      code: 'PLUGIN_NOT_FOUND',
      plugin: id,
      message: `There is no plugin ${id}.`,
      hint: `Known are: ${
        registry
          .all()
          .map((known) => known.id)
          .join(', ') || 'none'
      }.`,
    });
  }

  /** The watch of a plugin that can be run; throws what its bundle lacks otherwise. */
  function watchOf(id: string): PluginWatch {
    const found = find(id);
    const watch = watches.get(id);
    if (watch !== undefined) return watch;
    throw found.ok ? notFoundAfterScan(id) : found.error;
  }

  function statusOfBundle(found: ScannedBundle): PluginStatus {
    return found.ok ? watchOf(found.id).status() : invalidStatus(found.id, found.error, startedAt);
  }
  const statusOf = (id: string): PluginStatus => statusOfBundle(find(id));
  const startedAt = effects.now();

  async function rescan(): Promise<void> {
    assertRunning();
    const scanned = await scanAll(options);
    assertRunning();
    take(scanned);
  }

  async function start(
    id: string,
    command: 'environment.activate' | 'environment.restart',
  ): Promise<boolean> {
    assertRunning();
    if (registry.find(id)?.ok !== true) await rescan();
    const watch = watchOf(id);
    if (command === 'environment.activate' && watch.status().state === 'healthy') return false;
    actor.send({ type: command, plugin: id });
    return watch.until(startOutcome);
  }

  async function deactivate(id: string): Promise<boolean> {
    assertRunning();
    const watch = watchOf(id);
    const { state, wanted } = watch.status();
    actor.send({ type: 'environment.deactivate', plugin: id });
    await watch.until(restOutcome);
    return wanted || state !== 'idle';
  }

  async function stop(): Promise<void> {
    emit({ type: 'environment.state', at: effects.now(), state: 'stopping' });
    const stopped = new Promise<void>((resolve) => {
      // A tree that broke has killed its plugins already.
      actor.subscribe({
        complete: resolve,
        error: () => {
          resolve();
        },
      });
    });
    actor.send({ type: 'environment.stop' });
    await stopped;
    for (const watch of watches.values()) watch.close();
    await orphans.close();
    sinks.close();
    sockets.removeAll();
    guard.release();
    emit({ type: 'environment.state', at: effects.now(), state: 'stopped' });
    events.complete();
  }

  const api: Environment = {
    actor,
    events: events.asObservable(),
    available: () => registry.all().map(describe),
    active: () => [...watches.keys()].filter((id) => api.isActive(id)).sort(),
    isActive: (id) => watches.get(id)?.status().state === 'healthy',
    async activate(id) {
      const activated = await start(id, 'environment.activate');
      return { manifest: api.manifest(id), activated };
    },
    async reattach(manifestOrId, config) {
      assertRunning();
      const manifest = typeof manifestOrId === 'string' ? { id: manifestOrId } : manifestOrId;
      const { id } = manifest;
      const refusal = reattachRefusal(config, options.settings.tls);
      if (refusal !== null) throw refusal.with({ plugin: id });
      if (registry.find(id)?.ok !== true) await rescan();
      const isNew = typeof manifestOrId !== 'string' && registry.find(id) === undefined;
      if (isNew) {
        const runnable = bundleOfManifest(manifest);
        registry.adopt(runnable);
        supervise(runnable);
      }
      const watch = watchOf(id);
      const running = runningRefusal(watch.status());
      if (running !== null) throw running;
      actor.send({ type: 'environment.reattach', plugin: id, config });
      try {
        const activated = await watch.until(startOutcome);
        return { manifest: api.manifest(id), activated };
      } catch (error) {
        if (isNew) await api.removePlugin(id);
        throw reattachError(error);
      }
    },
    reattachConfig: (id) => reattachConfigOf(watchOf(id).ref.getSnapshot()),
    deactivate,
    async restartPlugin(id) {
      await start(id, 'environment.restart');
    },
    async performHealthCheck(id) {
      assertRunning();
      const watch = watchOf(id);
      const { ref } = watch;
      const snapshot = ref.getSnapshot();
      if (pluginState(snapshot) !== 'healthy') throw notRunning(snapshot);
      ref.send({ type: 'plugin.check' });
      await watch.until(checkOutcome(ref.getSnapshot().context.health.asked));
    },
    statuses: () => registry.all().map(statusOfBundle),
    status: statusOf,
    explain: (id) => explainStatus(statusOf(id), watches.get(id)?.history() ?? [], effects.now()),
    manifest(id): Manifest {
      const found = find(id);
      if (!found.ok) throw found.error;
      return found.bundle.manifest;
    },
    setPolicy(id, supervision) {
      assertRunning();
      const { bundle } = watchOf(id).ref.getSnapshot().context;
      const policy = operatorsPolicy(options.policy, bundle, supervision);
      actor.send({ type: 'environment.setPolicy', plugin: id, policy });
      return policy;
    },
    plugin(id) {
      const { channel, ref } = watchOf(id);
      const broker = createBroker(effects, () => ref.getSnapshot());
      return createPluginHandle(id, channel, () => statusOf(id), options.versions, broker);
    },
    async removePlugin(id) {
      assertRunning();
      const found = find(id);
      if (found.ok) {
        await deactivate(id);
        generations.set(id, statusOf(id).generation);
        watches.get(id)?.close();
        watches.delete(id);
        actor.send({ type: 'bundle.removed', plugin: id });
      }
      registry.forget(id);
    },
    async rescan() {
      await rescan();
      return api.available();
    },
    // Not within this call: whoever hears of the first stop may ask for it again.
    shutdown: () => (shutdown ??= Promise.resolve().then(stop)),
  };
  return { api, take, sweep: orphans.sweep };
}

async function scanAll({
  pluginDir,
  bundles,
  programs,
  hostVersion,
  lockFile,
}: ResolvedOptions): Promise<ScannedBundle[]> {
  const lock = lockFile === null ? null : await readLockFile(lockFile);
  const scanned = pluginDir === undefined ? [] : await scanBundles(pluginDir, { hostVersion });
  const single = await Promise.all(bundles.map((directory) => readBundle(directory, { hostVersion })));
  const found = [...scanned, ...single].map((one) =>
    lock === null || lockFile === null ? one : underLock(one, lock, lockFile),
  );
  return [...found, ...programs.map(bundleOfProgram)];
}

function describe(found: ScannedBundle): AvailablePlugin {
  const { id } = found;
  return found.ok
    ? { id, directory: found.bundle.directory, manifest: found.bundle.manifest, error: null }
    : { id, directory: found.directory, manifest: null, error: found.error };
}

function notFoundAfterScan(id: string): PluginError {
  return new PluginError({ code: 'PLUGIN_NOT_FOUND', plugin: id, message: `Plugin ${id} is being removed.` });
}
