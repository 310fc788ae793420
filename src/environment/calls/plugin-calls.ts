import type { Actor } from 'xstate';
import {
  pluginState,
  requirementUnmet,
  type EnvironmentMachine,
  type PluginSnapshot,
} from '../../machines/index.js';
import {
  isPluginError,
  PluginError,
  toPluginError,
  type Manifest,
  type ReattachConfig,
} from '../../model/index.js';
import { dependentsOf } from '../../policy/index.js';
import {
  reattachError,
  reattachConfigError,
  alreadyRunningError,
  type ReattachManifest,
  attachOnlyBundle,
} from './reattach-plugin.js';
import { beingRemovedError, type PluginRegistry } from '../registry/plugin-registry.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { notRunningError } from '../status/not-running-error.js';
import { healthCheckOutcome, stopOutcome, startOutcome } from './call-outcomes.js';

/** The answer of `activate` and `reattach`. */
export interface Activation {
  readonly manifest: Manifest;
  /** `false` when the plugin was already healthy. */
  readonly activated: boolean;
}

/** The result of the start of one plugin. */
export interface StartOutcome {
  readonly id: string;
  /** `false` when it was already healthy, or failed to start. */
  readonly activated: boolean;
  /** The error of its start, or of the start of a required plugin; `null` when it is healthy. */
  readonly error: PluginError | null;
}

interface CallDependencies {
  readonly actor: Actor<EnvironmentMachine>;
  readonly registry: PluginRegistry;
  readonly options: ResolvedOptions;
  readonly rescan: () => Promise<void>;
  readonly isStopped: () => boolean;
}

/** The calls that restore what a previous host left. Unlike those of the user, they keep a plugin's restart history. */
export interface InheritedCalls {
  /** Starts a plugin that a previous host had started, and waits until it is healthy. */
  startInherited(id: string): Promise<void>;
  /** Attaches to a process that a previous host had started, and waits until it is healthy. */
  reattachInherited(id: string, config: ReattachConfig): Promise<void>;
}

/** Creates the calls: each sends an event to the tree and waits for its outcome. Of conflicting calls the last one wins. */
export function createPluginCalls({ actor, registry, options, rescan, isStopped }: CallDependencies) {
  const removals = new Map<string, Promise<void>>();

  function assertRunning(): void {
    if (isStopped()) throw environmentStoppedError();
  }

  function assertNotRemoved(id: string): void {
    assertRunning();
    if (removals.has(id)) throw beingRemovedError(id);
  }

  /** Resolves when the plugin is healthy; rejects as soon as it or a required plugin has failed to start. */
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
    const observer = registry.observer(id);
    const requirements = registry.requirements(id);
    if (type === 'environment.activate' && observer.status().state === 'healthy' && !isQueuedToStop(id))
      return false;
    actor.send({ type, plugin: id });
    return whenStarted(id, requirements);
  }

  async function startInherited(id: string): Promise<void> {
    assertNotRemoved(id);
    actor.send({ type: 'environment.activate', plugin: id, resumes: true });
    await whenStarted(id, registry.requirements(id));
  }

  async function reattachInherited(id: string, config: ReattachConfig): Promise<void> {
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
          return { id, activated: false, error: toPluginError(thrown, { plugin: id }) };
        }
      }),
    );
  }

  async function stopPlugin(id: string): Promise<boolean> {
    const observer = registry.observer(id);
    const before = observer.ref.getSnapshot();
    const { state, wanted } = observer.status();
    actor.send({ type: 'environment.deactivate', plugin: id });
    const outcome = stopOutcome(before);
    const reactivated = whenReactivated(id, outcome);
    try {
      const hasStopped = await Promise.race([observer.until(outcome), reactivated.promise]);
      return hasStopped && (wanted || state !== 'idle');
    } finally {
      reactivated.cancel();
    }
  }

  /** Resolves with `false` when the plugin is activated again before its stop has begun. */
  function whenReactivated(
    id: string,
    outcome: (snapshot: PluginSnapshot) => true | undefined,
  ): { readonly promise: Promise<false>; readonly cancel: () => void } {
    let resolve = (_: false): void => undefined;
    const promise = new Promise<false>((settle) => {
      resolve = settle;
    });
    const next = (): void => {
      const snapshot = registry.observer(id).ref.getSnapshot();
      if (outcome(snapshot) === true || isQueuedToStop(id)) return;
      if (snapshot.context.wanted && pluginState(snapshot) !== 'stopping') resolve(false);
    };
    // Without an error listener XState would throw a defect of the tree as an uncaught exception.
    const subscription = actor.subscribe({ next, error: () => undefined });
    return {
      promise,
      cancel: () => {
        subscription.unsubscribe();
      },
    };
  }

  function isQueuedToStop(id: string): boolean {
    return actor.getSnapshot().context.stopQueue.some((queued) => queued.id === id);
  }

  async function remove(id: string): Promise<void> {
    if (registry.isRunnable(id)) await stopPlugin(id);
    registry.unregister(id);
  }

  async function reattach(
    manifestOrId: ReattachManifest | string,
    config: ReattachConfig,
  ): Promise<Activation> {
    const manifest = typeof manifestOrId === 'string' ? { id: manifestOrId } : manifestOrId;
    const { id } = manifest;
    assertNotRemoved(id);
    const configError = reattachConfigError(config, options.settings.tls);
    if (configError !== null) throw configError.with({ plugin: id });
    if (!registry.isRunnable(id)) await rescan();
    assertNotRemoved(id);
    const isNew = typeof manifestOrId !== 'string' && !registry.isKnown(id);
    if (isNew) registry.registerReattached(attachOnlyBundle(manifest));
    const runningError = alreadyRunningError(registry.observer(id).status());
    if (runningError !== null) throw runningError;
    actor.send({ type: 'environment.reattach', plugin: id, config });
    try {
      const activated = await whenStarted(id, []);
      return { manifest: registry.manifest(id), activated };
    } catch (error) {
      if (isNew && !isStopped()) await removePlugin(id);
      throw reattachError(error);
    }
  }

  async function performHealthCheck(id: string): Promise<void> {
    assertNotRemoved(id);
    const observer = registry.observer(id);
    const snapshot = observer.ref.getSnapshot();
    if (pluginState(snapshot) !== 'healthy') throw notRunningError(snapshot);
    const { checksRequested } = snapshot.context.health;
    actor.send({ type: 'environment.check', plugin: id });
    await observer.until(healthCheckOutcome(checksRequested + 1));
  }

  async function removePlugin(id: string): Promise<void> {
    assertRunning();
    const ongoing = removals.get(id);
    if (ongoing !== undefined) return ongoing;
    registry.status(id);
    const removal = remove(id).finally(() => removals.delete(id));
    removals.set(id, removal);
    return removal;
  }

  const calls = {
    async activate(id: string): Promise<Activation> {
      const activated = await start(id, 'environment.activate');
      return { manifest: registry.manifest(id), activated };
    },
    activateAll,
    reattach,
    async deactivate(id: string): Promise<boolean> {
      assertNotRemoved(id);
      return stopPlugin(id);
    },
    async restartPlugin(id: string): Promise<void> {
      await start(id, 'environment.restart');
    },
    performHealthCheck,
    removePlugin,
    requiredBy(id: string): readonly string[] {
      registry.status(id);
      return dependentsOf(actor.getSnapshot().context.layout.plan, id);
    },
  };
  const inherited: InheritedCalls = { startInherited, reattachInherited };
  return { calls, inherited };
}

/** The calls on plugins that the environment offers to its user. */
export type PluginCalls = ReturnType<typeof createPluginCalls>['calls'];

/** The ENVIRONMENT_STOPPED error of a call after `shutdown`. */
export function environmentStoppedError(cause?: unknown): PluginError {
  return new PluginError({
    code: 'ENVIRONMENT_STOPPED',
    message: 'The plugin environment has been shut down.',
    hint: 'Create a new environment.',
    ...(cause !== undefined && { cause }),
  });
}
