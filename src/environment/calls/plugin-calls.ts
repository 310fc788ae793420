import type { Actor } from 'xstate';
import {
  pluginState,
  requirementUnmet,
  type EnvironmentMachine,
  type PluginSnapshot,
} from '../../machines/index.js';
import { isPluginError, messageOf, PluginError, type ReattachConfig } from '../../model/index.js';
import { dependentsOf } from '../../policy/index.js';
import type { Activation, StartOutcome } from '../environment.js';
import {
  reattachError,
  reattachConfigError,
  alreadyRunningError,
  type ReattachManifest,
  attachOnlyBundle,
} from './reattach-plugin.js';
import { beingRemovedError, type PluginRegistry } from '../registry/plugin-registry.js';
import type { ResolvedOptions } from '../options/environment-options.js';
import { healthCheckOutcome, stopOutcome, notRunningError, startOutcome } from './call-outcomes.js';

interface CallDependencies {
  readonly actor: Actor<EnvironmentMachine>;
  readonly registry: PluginRegistry;
  readonly options: ResolvedOptions;
  readonly rescan: () => Promise<void>;
  readonly isStopped: () => boolean;
}

/** What can be asked of plugins, and when each of these calls is answered. Of several on one plugin the last holds. */
export function createPluginCalls({ actor, registry, options, rescan, isStopped }: CallDependencies) {
  const removals = new Map<string, Promise<void>>();

  function assertRunning(): void {
    if (isStopped()) throw environmentStoppedError();
  }

  function assertNotRemoved(id: string): void {
    assertRunning();
    if (removals.has(id)) throw beingRemovedError(id);
  }

  /** Resolves when the plugin is healthy; rejects as soon as it, or what it requires, has failed to start. */
  async function whenStarted(id: string, requirements: readonly string[]): Promise<boolean> {
    const outcome = registry.observer(id).until(startOutcome);
    const failures = requirements.map((need) =>
      registry
        .observer(need)
        .until(startOutcome)
        .then(
          () => outcome,
          (error: unknown) => {
            throw requirementUnmet(id, need, isPluginError(error) ? error : null);
          },
        ),
    );
    try {
      return await Promise.race([outcome, ...failures]);
    } catch (error) {
      throw isStopped() ? environmentStoppedError(error) : error;
    }
  }

  async function start(id: string, type: 'environment.activate' | 'environment.restart'): Promise<boolean> {
    assertNotRemoved(id);
    if (!registry.isRunnable(id)) await rescan();
    assertNotRemoved(id);
    const watch = registry.observer(id);
    const requirements = registry.requirements(id);
    if (type === 'environment.activate' && watch.status().state === 'healthy' && !isQueuedToStop(id))
      return false;
    actor.send({ type, plugin: id });
    return whenStarted(id, requirements);
  }

  /** Starts a plugin that an earlier host has started before, with all that counts against it. */
  async function resume(id: string): Promise<void> {
    assertNotRemoved(id);
    actor.send({ type: 'environment.activate', plugin: id, resumes: true });
    await whenStarted(id, registry.requirements(id));
  }

  /** Takes over the process of a plugin that an earlier host has started. */
  async function readopt(id: string, config: ReattachConfig): Promise<void> {
    assertNotRemoved(id);
    actor.send({ type: 'environment.reattach', plugin: id, config, resumes: true });
    await whenStarted(id, []);
  }

  async function activateAll(): Promise<readonly StartOutcome[]> {
    assertRunning();
    const ids = registry.runnable().filter((id) => !removals.has(id));
    const healthy = new Set(ids.filter((id) => registry.status(id).state === 'healthy'));
    actor.send({ type: 'environment.activateAll' });
    return Promise.all(
      ids.map(async (id): Promise<StartOutcome> => {
        try {
          await whenStarted(id, registry.requirements(id));
          return { id, activated: !healthy.has(id), error: null };
        } catch (thrown) {
          return { id, activated: false, error: asError(id, thrown) };
        }
      }),
    );
  }

  async function deactivate(id: string): Promise<boolean> {
    assertNotRemoved(id);
    return stopPlugin(id);
  }

  async function stopPlugin(id: string): Promise<boolean> {
    const watch = registry.observer(id);
    const before = watch.ref.getSnapshot();
    const { state, wanted } = watch.status();
    actor.send({ type: 'environment.deactivate', plugin: id });
    const outcome = stopOutcome(before);
    const reactivated = whenReactivated(id, outcome);
    try {
      const isDown = await Promise.race([watch.until(outcome), reactivated.promise]);
      return isDown && (wanted || state !== 'idle');
    } finally {
      reactivated.cancel();
    }
  }

  /** Resolves when somebody wants a plugin again that was to be brought down, and had not been told yet. */
  function whenReactivated(
    id: string,
    outcome: (snapshot: PluginSnapshot) => true | undefined,
  ): { readonly promise: Promise<false>; readonly cancel: () => void } {
    let cancel = (): void => undefined;
    const promise = new Promise<false>((resolve) => {
      const subscription = actor.subscribe(() => {
        const snapshot = registry.observer(id).ref.getSnapshot();
        if (outcome(snapshot) === true || isQueuedToStop(id)) return;
        if (snapshot.context.wanted && pluginState(snapshot) !== 'stopping') resolve(false);
      });
      cancel = () => {
        subscription.unsubscribe();
      };
    });
    return {
      promise,
      cancel: () => {
        cancel();
      },
    };
  }

  function isQueuedToStop(id: string): boolean {
    return actor.getSnapshot().context.stopQueue.some((leaving) => leaving.id === id);
  }

  async function remove(id: string): Promise<void> {
    if (registry.isRunnable(id)) await stopPlugin(id);
    registry.unregister(id);
  }

  return {
    async activate(id: string): Promise<Activation> {
      const activated = await start(id, 'environment.activate');
      return { manifest: registry.manifest(id), activated };
    },
    activateAll,
    async reattach(manifestOrId: ReattachManifest | string, config: ReattachConfig): Promise<Activation> {
      const manifest = typeof manifestOrId === 'string' ? { id: manifestOrId } : manifestOrId;
      const { id } = manifest;
      assertNotRemoved(id);
      const refusal = reattachConfigError(config, options.settings.tls);
      if (refusal !== null) throw refusal.with({ plugin: id });
      if (!registry.isRunnable(id)) await rescan();
      assertNotRemoved(id);
      const isNew = typeof manifestOrId !== 'string' && !registry.isKnown(id);
      if (isNew) registry.registerReattached(attachOnlyBundle(manifest));
      const watch = registry.observer(id);
      const running = alreadyRunningError(watch.status());
      if (running !== null) throw running;
      actor.send({ type: 'environment.reattach', plugin: id, config });
      try {
        const activated = await whenStarted(id, []);
        return { manifest: registry.manifest(id), activated };
      } catch (error) {
        if (isNew && !isStopped()) await removePlugin(id);
        throw reattachError(error);
      }
    },
    deactivate,
    async restartPlugin(id: string): Promise<void> {
      await start(id, 'environment.restart');
    },
    async performHealthCheck(id: string): Promise<void> {
      assertNotRemoved(id);
      const watch = registry.observer(id);
      const { ref } = watch;
      const snapshot = ref.getSnapshot();
      if (pluginState(snapshot) !== 'healthy') throw notRunningError(snapshot);
      ref.send({ type: 'plugin.check' });
      await watch.until(healthCheckOutcome(ref.getSnapshot().context.health.checksRequested));
    },
    removePlugin,
    resume,
    readopt,
    requiredBy(id: string): readonly string[] {
      registry.status(id);
      return dependentsOf(actor.getSnapshot().context.layout.plan, id);
    },
  };

  async function removePlugin(id: string): Promise<void> {
    assertRunning();
    const underWay = removals.get(id);
    if (underWay !== undefined) return underWay;
    registry.status(id);
    const removal = remove(id).finally(() => removals.delete(id));
    removals.set(id, removal);
    return removal;
  }
}

export function environmentStoppedError(cause?: unknown): PluginError {
  return new PluginError({
    code: 'ENVIRONMENT_STOPPED',
    message: 'The plugin environment has been shut down.',
    hint: 'Create a new environment.',
    ...(cause !== undefined && { cause }),
  });
}

function asError(plugin: string, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  return new PluginError({ code: 'INTERNAL', plugin, message: messageOf(thrown), cause: thrown });
}
