import type { Actor } from 'xstate';
import { pluginState, unmet, type EnvironmentMachine, type PluginSnapshot } from '../machines/index.js';
import { isPluginError, messageOf, PluginError, type ReattachConfig } from '../model/index.js';
import { dependentsOf } from '../policy/index.js';
import type { Activation, StartOutcome } from './environment.js';
import {
  reattachError,
  reattachRefusal,
  runningRefusal,
  type ReattachManifest,
  bundleOfManifest,
} from './reattach.js';
import { isBeingRemoved, type Roster } from './roster.js';
import type { ResolvedOptions } from './options.js';
import { checkOutcome, downOutcome, notRunning, startOutcome } from './settle.js';

interface Setting {
  readonly actor: Actor<EnvironmentMachine>;
  readonly roster: Roster;
  readonly options: ResolvedOptions;
  readonly rescan: () => Promise<void>;
  readonly isStopped: () => boolean;
}

/** What can be asked of plugins, and when each of these calls is answered. Of several on one plugin the last holds. */
export function createCalls({ actor, roster, options, rescan, isStopped }: Setting) {
  const removals = new Map<string, Promise<void>>();

  function assertRunning(): void {
    if (isStopped()) throw stopped();
  }

  function assertStaying(id: string): void {
    assertRunning();
    if (removals.has(id)) throw isBeingRemoved(id);
  }

  /** Resolves when the plugin is healthy; rejects as soon as it, or what it requires, has failed to start. */
  async function started(id: string, needs: readonly string[]): Promise<boolean> {
    const outcome = roster.watch(id).until(startOutcome);
    const failures = needs.map((need) =>
      roster
        .watch(need)
        .until(startOutcome)
        .then(
          () => outcome,
          (error: unknown) => {
            throw unmet(id, need, isPluginError(error) ? error : null);
          },
        ),
    );
    try {
      return await Promise.race([outcome, ...failures]);
    } catch (error) {
      throw isStopped() ? stopped(error) : error;
    }
  }

  async function start(id: string, type: 'environment.activate' | 'environment.restart'): Promise<boolean> {
    assertStaying(id);
    if (!roster.isRunnable(id)) await rescan();
    assertStaying(id);
    const watch = roster.watch(id);
    const needs = roster.needs(id);
    if (type === 'environment.activate' && watch.status().state === 'healthy' && !isLeaving(id)) return false;
    actor.send({ type, plugin: id });
    return started(id, needs);
  }

  /** Starts a plugin that an earlier host has started before, with all that counts against it. */
  async function resume(id: string): Promise<void> {
    assertStaying(id);
    actor.send({ type: 'environment.activate', plugin: id, resumes: true });
    await started(id, roster.needs(id));
  }

  /** Takes over the process of a plugin that an earlier host has started. */
  async function readopt(id: string, config: ReattachConfig): Promise<void> {
    assertStaying(id);
    actor.send({ type: 'environment.reattach', plugin: id, config, resumes: true });
    await started(id, []);
  }

  async function activateAll(): Promise<readonly StartOutcome[]> {
    assertRunning();
    const ids = roster.runnable().filter((id) => !removals.has(id));
    const healthy = new Set(ids.filter((id) => roster.status(id).state === 'healthy'));
    actor.send({ type: 'environment.activateAll' });
    return Promise.all(
      ids.map(async (id): Promise<StartOutcome> => {
        try {
          await started(id, roster.needs(id));
          return { id, activated: !healthy.has(id), error: null };
        } catch (thrown) {
          return { id, activated: false, error: asError(id, thrown) };
        }
      }),
    );
  }

  async function deactivate(id: string): Promise<boolean> {
    assertStaying(id);
    return bringDown(id);
  }

  async function bringDown(id: string): Promise<boolean> {
    const watch = roster.watch(id);
    const before = watch.ref.getSnapshot();
    const { state, wanted } = watch.status();
    actor.send({ type: 'environment.deactivate', plugin: id });
    const outcome = downOutcome(before);
    const overtaken = whenOvertaken(id, outcome);
    try {
      const isDown = await Promise.race([watch.until(outcome), overtaken.promise]);
      return isDown && (wanted || state !== 'idle');
    } finally {
      overtaken.cancel();
    }
  }

  /** Resolves when somebody wants a plugin again that was to be brought down, and had not been told yet. */
  function whenOvertaken(
    id: string,
    outcome: (snapshot: PluginSnapshot) => true | undefined,
  ): { readonly promise: Promise<false>; readonly cancel: () => void } {
    let cancel = (): void => undefined;
    const promise = new Promise<false>((resolve) => {
      const subscription = actor.subscribe(() => {
        const snapshot = roster.watch(id).ref.getSnapshot();
        if (outcome(snapshot) === true || isLeaving(id)) return;
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

  function isLeaving(id: string): boolean {
    return actor.getSnapshot().context.leaving.some((leaving) => leaving.id === id);
  }

  async function remove(id: string): Promise<void> {
    if (roster.isRunnable(id)) await bringDown(id);
    roster.forget(id);
  }

  return {
    async activate(id: string): Promise<Activation> {
      const activated = await start(id, 'environment.activate');
      return { manifest: roster.manifest(id), activated };
    },
    activateAll,
    async reattach(manifestOrId: ReattachManifest | string, config: ReattachConfig): Promise<Activation> {
      const manifest = typeof manifestOrId === 'string' ? { id: manifestOrId } : manifestOrId;
      const { id } = manifest;
      assertStaying(id);
      const refusal = reattachRefusal(config, options.settings.tls);
      if (refusal !== null) throw refusal.with({ plugin: id });
      if (!roster.isRunnable(id)) await rescan();
      assertStaying(id);
      const isNew = typeof manifestOrId !== 'string' && !roster.isKnown(id);
      if (isNew) roster.adopt(bundleOfManifest(manifest));
      const watch = roster.watch(id);
      const running = runningRefusal(watch.status());
      if (running !== null) throw running;
      actor.send({ type: 'environment.reattach', plugin: id, config });
      try {
        const activated = await started(id, []);
        return { manifest: roster.manifest(id), activated };
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
      assertStaying(id);
      const watch = roster.watch(id);
      const { ref } = watch;
      const snapshot = ref.getSnapshot();
      if (pluginState(snapshot) !== 'healthy') throw notRunning(snapshot);
      ref.send({ type: 'plugin.check' });
      await watch.until(checkOutcome(ref.getSnapshot().context.health.asked));
    },
    removePlugin,
    resume,
    readopt,
    requiredBy(id: string): readonly string[] {
      roster.status(id);
      return dependentsOf(actor.getSnapshot().context.layout.plan, id);
    },
  };

  async function removePlugin(id: string): Promise<void> {
    assertRunning();
    const underWay = removals.get(id);
    if (underWay !== undefined) return underWay;
    roster.status(id);
    const removal = remove(id).finally(() => removals.delete(id));
    removals.set(id, removal);
    return removal;
  }
}

export function stopped(cause?: unknown): PluginError {
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
