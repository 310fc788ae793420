import { Subject } from 'rxjs';
import { createActor } from 'xstate';
import { createEnvironmentMachine, indexDelays, supervisorRef, supervisorStatus } from '../machines/index.js';
import { rootGroup, type EnvironmentEvent, type PluginLogEntry } from '../model/index.js';
import { createBroker } from './plugin/plugin-broker.js';
import { createPluginCalls, environmentStoppedError } from './calls/plugin-calls.js';
import type { Environment } from './environment.js';
import { explainStatus, emptyHistory } from './status/explain.js';
import { logEvent } from './status/log-events.js';
import {
  resolveOptions,
  type EnvironmentOptions,
  type ResolvedOptions,
} from './options/environment-options.js';
import { createPluginHandle } from './plugin/plugin-handle.js';
import { nodeRuntime } from './runtime/node-runtime.js';
import { reattachConfigOf } from './calls/reattach-plugin.js';
import { createPluginRegistry } from './registry/plugin-registry.js';
import { operatorPolicy } from './options/operator-policy.js';
import type { RuntimeFactory, Runtime, RuntimeHooks } from './runtime/runtime.js';

/**
 * Reads the bundles and makes an environment that looks after them. Nothing is started yet.
 *
 * @throws PluginError CONFIG_INVALID when the options or the plugin directory are not usable. Broken bundles are
 * no reason to throw: they are listed with theirs.
 */
export async function createEnvironment(options: EnvironmentOptions): Promise<Environment> {
  const resolved = resolveOptions(options);
  return createEnvironmentWithRuntime(nodeRuntime(resolved), resolved);
}

/** As {@link createEnvironment}, wherever its plugins are to live. */
export async function createEnvironmentWithRuntime(
  factory: RuntimeFactory,
  options: ResolvedOptions,
): Promise<Environment> {
  const scanned = await factory.scan();
  const environment = assemble(options, factory.scan, await factory.open(scanned));
  environment.take(scanned);
  if (options.sweep) await environment.sweep();
  await environment.begin();
  return environment.api;
}

function assemble(
  options: ResolvedOptions,
  scan: RuntimeFactory['scan'],
  createRuntime: (ties: RuntimeHooks) => Runtime,
) {
  const events = new Subject<EnvironmentEvent>();
  const emit = (event: EnvironmentEvent): void => {
    events.next(event);
  };
  const log = (entry: PluginLogEntry): void => {
    emit({ type: 'plugin.log', at: now(), plugin: entry.plugin, entry });
  };
  const runtime = createRuntime({ emit, log, plugins: () => registry.observers().map(({ ref }) => ref) });
  const { effects, clock, atDeadline, stateStore } = runtime;
  const now = () => effects.now();
  const { specs, startConcurrency, inspect, logger } = options;
  const machine = createEnvironmentMachine(effects, { random: runtime.random });
  const actor = createActor(machine, {
    inspect,
    input: { specs, startConcurrency },
    clock,
  });
  indexDelays(actor);
  const registry = createPluginRegistry({
    actor,
    options,
    emit,
    now,
    atDeadline,
    inheritedState: stateStore.inheritedState,
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
    // Without an observer a defect of the tree would be thrown at the embedder's process. Nobody looks after the
    // plugins any more then, so none may be left.
    error: (error) => {
      logger?.error({ error }, 'the plugin environment broke; its plugins are ended');
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
    registry.register(scanned);
  }

  async function stop(): Promise<void> {
    emit({ type: 'environment.state', at: now(), state: 'stopping' });
    const isOver = new Promise<void>((resolve) => {
      // A tree that broke has killed its plugins already.
      actor.subscribe({
        complete: resolve,
        error: () => {
          resolve();
        },
      });
    });
    stateStore.freeze();
    actor.send({ type: 'environment.stop' });
    await isOver;
    await stateStore.close();
    for (const watch of registry.observers()) watch.close();
    await runtime.close();
    emit({ type: 'environment.state', at: now(), state: 'stopped' });
    events.complete();
  }

  const calls = createPluginCalls({ actor, registry, options, rescan, isStopped: () => shutdown !== null });
  const api: Environment = {
    ...stateStore.wrapCalls({ actor, calls, registry, emit, now }),
    actor,
    events: events.asObservable(),
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
      const story = status.state === 'invalid' ? emptyHistory : registry.observer(id).history();
      return explainStatus(status, story, now());
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
      const broker = createBroker(effects, () => ref.getSnapshot());
      return createPluginHandle(id, channel, () => registry.status(id), options.versions, broker);
    },
    async rescan() {
      await rescan();
      return registry.available();
    },
    // Not within this call: whoever hears of the first stop may ask for it again.
    shutdown: () => (shutdown ??= Promise.resolve().then(stop)),
  };
  return { api, take: registry.register, sweep: runtime.reapOrphans, begin: stateStore.start };
}
