import { Subject } from 'rxjs';
import { createActor } from 'xstate';
import { createEnvironmentMachine, indexDelays, supervisorRef, supervisorStatus } from '../machines/index.js';
import { rootGroup, type EnvironmentEvent, type PluginLogEntry } from '../model/index.js';
import { createBroker } from './plugin/plugin-broker.js';
import { createErrorBoundaries } from './callbacks/error-boundary.js';
import { guardActor, guardInspectors } from './callbacks/guard-actor.js';
import { guardedLogger } from './callbacks/guarded-logger.js';
import { guardedInspector, guardedObservable } from './callbacks/guarded-observers.js';
import { createPluginCalls, environmentStoppedError } from './calls/plugin-calls.js';
import type { Environment } from './environment.js';
import { explainStatus, emptyHistory } from './status/explain.js';
import { logEvent } from './status/log-events.js';
import type { EnvironmentOptions } from './options/environment-options.js';
import { resolveOptions, type ResolvedOptions } from './options/resolve-options.js';
import { createPluginHandle } from './plugin/plugin-handle.js';
import { nodeRuntime } from './runtime/node-runtime.js';
import { reattachConfigOf } from './calls/reattach-plugin.js';
import { createPluginRegistry } from './registry/plugin-registry.js';
import { operatorPolicy } from './options/operator-policy.js';
import type { RuntimeFactory, Runtime, RuntimeHooks } from './runtime/runtime.js';

/**
 * Scans the bundles and creates an environment that supervises them. No plugin is started yet.
 *
 * @throws PluginError CONFIG_INVALID when the options or the plugin directory are not usable. An invalid bundle does not
 * throw: `available()` lists it with its error.
 */
export async function createEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const resolved = resolveOptions(options);
  return createEnvironmentWithRuntime(nodeRuntime(resolved), resolved);
}

/** Like {@link createEnvironment}, with a runtime of the caller's choice. */
export async function createEnvironmentWithRuntime(
  factory: RuntimeFactory,
  options: ResolvedOptions,
): Promise<Environment> {
  const scanned = await factory.scan();
  const environment = assemble(options, factory.scan, await factory.open(scanned));
  await environment.register(scanned);
  if (options.reapOrphans) await environment.reapOrphans();
  await environment.startStateStore();
  // Deferred, so that the caller can subscribe first.
  setImmediate(environment.announceCreated);
  return environment.api;
}

function assemble(
  options: ResolvedOptions,
  scan: RuntimeFactory['scan'],
  createRuntime: (hooks: RuntimeHooks) => Runtime,
) {
  const events = new Subject<EnvironmentEvent>();
  const emit = (event: EnvironmentEvent): void => {
    events.next(event);
  };
  const log = (entry: PluginLogEntry): void => {
    emit({ type: 'plugin.log', at: now(), plugin: entry.plugin, entry });
  };
  let announceCreated = (): void => undefined;
  const created = new Promise<void>((resolve) => {
    announceCreated = resolve;
  });
  const boundaryOf = createErrorBoundaries((callback, problem) => {
    void created.then(() => {
      emit({ type: 'environment.callbackFailed', at: now(), callback, problem });
    });
  });
  const runtime = createRuntime({
    emit,
    log,
    plugins: () => registry.observers().map(({ ref }) => ref),
    boundaryOf,
  });
  const { effects, clock, atDeadline, stateStore } = runtime;
  const now = () => effects.now();
  const { specs, startConcurrency, inspect } = options;
  const logger = options.logger && guardedLogger(options.logger, boundaryOf('logger'));
  const machine = createEnvironmentMachine(effects, { random: runtime.random });
  const actor = createActor(machine, {
    inspect: inspect && guardedInspector(inspect, boundaryOf('inspect')),
    input: { specs, startConcurrency },
    clock,
  });
  guardActor(actor, boundaryOf);
  guardInspectors(actor.system, boundaryOf);
  indexDelays(actor);
  const registry = createPluginRegistry({
    actor,
    options,
    emit,
    now,
    atDeadline,
    inheritedState: stateStore.inheritedState,
    boundaryOf,
  });
  let shutdown: Promise<void> | null = null;

  if (logger !== undefined)
    events.subscribe((event) => {
      logEvent(logger, event);
    });
  actor.on('supervisor.reported', ({ report, escalatesTo }) => {
    emit({ ...report, at: now(), escalatesTo });
  });
  actor.subscribe({
    // Without this observer XState would throw a defect of the tree as an uncaught exception. The plugins have no
    // supervisor any more, so they are killed.
    error: (error) => {
      logger?.error({ error }, 'the supervision tree failed; its plugins are killed');
      runtime.killAll();
      void api.shutdown();
    },
  });
  actor.start();
  let root = supervisorRef(actor.system, rootGroup) ?? actor;

  function assertRunning(): void {
    if (shutdown !== null) throw environmentStoppedError();
  }

  async function rescan(): Promise<void> {
    assertRunning();
    const scanned = await scan();
    assertRunning();
    await registry.register(scanned);
  }

  async function stop(): Promise<void> {
    emit({ type: 'environment.state', at: now(), state: 'stopping' });
    const stopped = new Promise<void>((resolve) => {
      // After a failure of the tree its plugins are killed already.
      actor.subscribe({
        complete: resolve,
        error: () => {
          resolve();
        },
      });
    });
    stateStore.freeze();
    actor.send({ type: 'environment.stop' });
    await stopped;
    await stateStore.close();
    for (const observer of registry.observers()) observer.close();
    await runtime.close();
    emit({ type: 'environment.state', at: now(), state: 'stopped' });
    events.complete();
  }

  const { calls, inherited } = createPluginCalls({
    actor,
    registry,
    options,
    rescan,
    isStopped: () => shutdown !== null,
  });
  const api: Environment = {
    ...stateStore.wrapCalls({ actor, calls, inherited, registry, emit, now }),
    actor,
    events: guardedObservable(events, boundaryOf),
    available: registry.available,
    active: () => registry.runnable().filter((id) => api.isActive(id)),
    isActive: (id) => registry.isRunnable(id) && registry.status(id).state === 'healthy',
    reattachConfig: (id) => reattachConfigOf(registry.observer(id).ref.getSnapshot()),
    statuses: registry.statuses,
    status: registry.status,
    tree() {
      root = supervisorRef(actor.system, rootGroup) ?? root;
      return supervisorStatus(root, now());
    },
    explain(id) {
      const status = registry.status(id);
      const history = status.state === 'invalid' ? emptyHistory : registry.observer(id).history();
      return explainStatus(status, history, now());
    },
    setPolicy(id, supervision) {
      assertRunning();
      const { bundle } = registry.observer(id).ref.getSnapshot().context;
      const policy = operatorPolicy(options.policy, bundle, supervision);
      actor.send({ type: 'environment.setPolicy', plugin: id, policy });
      stateStore.recordPolicy(id, supervision);
      return policy;
    },
    manifest: registry.manifest,
    plugin(id) {
      const { channel, ref } = registry.observer(id);
      const broker = createBroker(effects, () => ref.getSnapshot(), boundaryOf('broker.serve'));
      return createPluginHandle(id, channel, () => registry.status(id), options.versions, broker);
    },
    async rescan() {
      await rescan();
      return registry.available();
    },
    // Deferred, because a subscriber to the first event may call shutdown again.
    shutdown: () => (shutdown ??= Promise.resolve().then(stop)),
  };
  return {
    api,
    register: registry.register,
    reapOrphans: runtime.reapOrphans,
    startStateStore: stateStore.start,
    announceCreated,
  };
}
