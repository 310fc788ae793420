import type { Actor } from 'xstate';
import {
  pluginRef,
  type AddedBundle,
  type EnvironmentMachine,
  type InheritedRestarts,
} from '../../machines/index.js';
import {
  PluginError,
  type Bundle,
  type EnvironmentEvent,
  type Manifest,
  type PluginStatus,
  type SupervisionOptions,
} from '../../model/index.js';
import { composePolicy } from '../../policy/index.js';
import type { AtDeadline, ScannedBundle } from '../../effects/index.js';
import type { AvailablePlugin } from '../environment.js';
import { invalidStatus } from './invalid-status.js';
import type { ResolvedOptions } from '../options/environment-options.js';
import { groupOf, placementProblems, requirementProblem } from './placement.js';
import { createBundleRegistry, type RunnableBundle } from './bundle-registry.js';
import { observePlugin, type PluginObserver } from '../status/plugin-observer.js';

/** All that an environment keeps about its plugins: their bundles, an eye on each actor, the generations used up. */
export interface PluginRegistry {
  /** Takes up what a scan found, and has what is new looked after. */
  readonly register: (scanned: readonly ScannedBundle[]) => void;
  /** Takes up a plugin that no scan finds. */
  readonly registerReattached: (runnable: RunnableBundle) => void;
  readonly isRunnable: (id: string) => boolean;
  readonly isKnown: (id: string) => boolean;
  /** Throws PLUGIN_NOT_FOUND, or what its bundle lacks. */
  readonly manifest: (id: string) => Manifest;
  /** The watch of a plugin that can be run; throws what its bundle lacks otherwise. */
  readonly observer: (id: string) => PluginObserver;
  readonly status: (id: string) => PluginStatus;
  readonly statuses: () => readonly PluginStatus[];
  readonly available: () => readonly AvailablePlugin[];
  /** The ids of all that can be run. */
  readonly runnable: () => readonly string[];
  readonly observers: () => readonly PluginObserver[];
  /** What a plugin requires, directly or not; throws REQUIREMENT_UNMET where that cannot be. */
  readonly requirements: (id: string) => readonly string[];
  /** Lets go of a plugin that has come to rest. */
  readonly unregister: (id: string) => void;
}

interface RegistryDependencies {
  readonly actor: Actor<EnvironmentMachine>;
  readonly options: ResolvedOptions;
  readonly emit: (event: EnvironmentEvent) => void;
  readonly now: () => number;
  readonly atDeadline?: AtDeadline | undefined;
  /** What an earlier host knew of a plugin. */
  readonly inheritedState: (id: string) => InheritedState | undefined;
}

export interface InheritedState {
  readonly generation: number;
  readonly remembered: InheritedRestarts;
  /** What an operator had set over options and manifest. */
  readonly policy: SupervisionOptions | undefined;
}

export function createPluginRegistry({
  actor,
  options,
  emit,
  now,
  atDeadline,
  inheritedState,
}: RegistryDependencies): PluginRegistry {
  const { specs } = options;
  const policyOf = ({ manifest }: Bundle, operators?: SupervisionOptions) =>
    composePolicy(options.policy, manifest.supervision, operators);
  const bundleRegistry = createBundleRegistry((bundles) =>
    placementProblems(
      bundles.map((bundle) => ({ bundle, policy: policyOf(bundle) })),
      specs,
    ),
  );
  const observerById = new Map<string, PluginObserver>();
  const generations = new Map<string, number>();
  const since = now();

  // A plugin whose actor broke gets another one; its watch moves there.
  actor.on('plugin.spawned', ({ plugin }) => {
    const ref = pluginRef(actor.system, plugin);
    if (ref === undefined || observerById.get(plugin)?.ref === ref) return;
    observerById.get(plugin)?.close();
    observerById.set(plugin, observePlugin(ref, emit, now, atDeadline));
  });

  const find = (id: string): ScannedBundle => {
    const found = bundleRegistry.find(id);
    if (found === undefined) throw unknownPluginError(id, bundleRegistry.all());
    return found;
  };
  const watch = (id: string): PluginObserver => {
    const found = find(id);
    const known = observerById.get(id);
    if (known !== undefined) return known;
    throw found.ok ? beingRemovedError(id) : found.error;
  };
  const statusOf = (found: ScannedBundle): PluginStatus =>
    found.ok ? watch(found.id).status() : invalidStatus(found.id, found.error, since);
  const toAddedBundle = ({ bundle, id }: RunnableBundle): AddedBundle => {
    const recalled = generations.has(id) ? undefined : inheritedState(id);
    return {
      bundle,
      policy: policyOf(bundle, recalled?.policy),
      group: groupOf(bundle, specs),
      significant: bundle.manifest.significant ?? false,
      generation: generations.get(id) ?? recalled?.generation ?? 0,
      inherited: recalled?.remembered,
    };
  };
  const supervise = (runnables: readonly RunnableBundle[]): void => {
    if (runnables.length > 0) actor.send({ type: 'bundles.added', bundles: runnables.map(toAddedBundle) });
  };

  return {
    register(scanned) {
      supervise(bundleRegistry.register(scanned));
    },
    registerReattached(runnable) {
      bundleRegistry.add(runnable);
      supervise([runnable]);
    },
    isRunnable: (id) => bundleRegistry.find(id)?.ok === true,
    isKnown: (id) => bundleRegistry.find(id) !== undefined,
    manifest(id) {
      const found = find(id);
      if (!found.ok) throw found.error;
      return found.bundle.manifest;
    },
    observer: watch,
    status: (id) => statusOf(find(id)),
    statuses: () => bundleRegistry.all().map(statusOf),
    available: () => bundleRegistry.all().map(describe),
    runnable: () => bundleRegistry.all().flatMap(({ ok, id }) => (ok ? [id] : [])),
    observers: () => [...observerById.values()],
    requirements(id) {
      const { plan } = actor.getSnapshot().context.layout;
      const unmet = plan.unmet.get(id);
      if (unmet !== undefined) throw requirementProblem(id, unmet);
      return plan.needs.get(id) ?? [];
    },
    unregister(id) {
      const known = observerById.get(id);
      if (known !== undefined) {
        generations.set(id, known.status().generation);
        known.close();
        observerById.delete(id);
        actor.send({ type: 'bundle.removed', plugin: id });
      }
      bundleRegistry.remove(id);
    },
  };
}

function describe(found: ScannedBundle): AvailablePlugin {
  const { id } = found;
  return found.ok
    ? { id, directory: found.bundle.directory, manifest: found.bundle.manifest, error: null }
    : { id, directory: found.directory, manifest: null, error: found.error };
}

function unknownPluginError(id: string, known: readonly ScannedBundle[]): PluginError {
  const ids = known.map((found) => found.id).join(', ');
  return new PluginError({
    code: 'PLUGIN_NOT_FOUND',
    plugin: id,
    message: `There is no plugin ${id}.`,
    hint: `Known are: ${ids || 'none'}.`,
  });
}

export function beingRemovedError(id: string): PluginError {
  return new PluginError({
    code: 'PLUGIN_NOT_FOUND',
    plugin: id,
    message: `Plugin ${id} is being removed.`,
    hint: 'Wait until it is gone; a rescan then takes its bundle up again.',
  });
}
