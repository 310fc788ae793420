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
import { composePolicyFor } from '../../policy/index.js';
import type { AtDeadline, ScannedBundle } from '../../effects/index.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { CreateErrorBoundary } from '../callbacks/error-boundary.js';
import { guardActor } from '../callbacks/guard-actor.js';
import { createGroupOf, placementProblems, requirementProblem } from './placement.js';
import { listed } from '../listed.js';
import { createBundleRegistry, type RunnableBundle } from './bundle-registry.js';
import { observePlugin, type PluginObserver } from '../status/plugin-observer.js';

/** A bundle that the last scan found: with its manifest, or with the error of an invalid one. */
export type AvailablePlugin =
  | { readonly id: string; readonly directory: string; readonly manifest: Manifest; readonly error: null }
  | { readonly id: string; readonly directory: string; readonly manifest: null; readonly error: PluginError };

/** The plugins of an environment: their bundles, the observers of their actors, and their last generations. */
export interface PluginRegistry {
  /**
   * Registers the bundles of a scan, and adds those that are new and valid to the supervision tree: a few at once, many
   * in slices, so that the event loop is not blocked.
   */
  readonly register: (scanned: readonly ScannedBundle[]) => Promise<void>;
  /** Registers a reattached plugin, which has no bundle, and adds it to the supervision tree. */
  readonly registerReattached: (runnable: RunnableBundle) => void;
  /** Whether the plugin has a valid bundle. */
  readonly isRunnable: (id: string) => boolean;
  /** Whether the plugin has a bundle, valid or not. */
  readonly isKnown: (id: string) => boolean;
  /** Throws PLUGIN_NOT_FOUND, or the error of an invalid bundle. */
  readonly manifest: (id: string) => Manifest;
  /** The observer of a plugin; throws PLUGIN_NOT_FOUND, or the error of an invalid bundle. */
  readonly observer: (id: string) => PluginObserver;
  readonly status: (id: string) => PluginStatus;
  readonly statuses: () => readonly PluginStatus[];
  readonly available: () => readonly AvailablePlugin[];
  /** The ids of the plugins with a valid bundle. */
  readonly runnable: () => readonly string[];
  readonly observers: () => readonly PluginObserver[];
  /** The plugins that a plugin requires, directly or indirectly; throws REQUIREMENT_UNMET when one cannot be run. */
  readonly requirements: (id: string) => readonly string[];
  /** Removes a plugin that has stopped. Its generation is kept, so that it goes on counting if the plugin returns. */
  readonly unregister: (id: string) => void;
}

interface RegistryDependencies {
  readonly actor: Actor<EnvironmentMachine>;
  readonly options: ResolvedOptions;
  readonly emit: (event: EnvironmentEvent) => void;
  readonly now: () => number;
  readonly atDeadline?: AtDeadline | undefined;
  /** What a previous host recorded about a plugin. */
  readonly inheritedState: (id: string) => InheritedState | undefined;
  readonly boundaryOf: CreateErrorBoundary;
}

/** The part of a previous host's record with which a plugin is added to the tree. */
export interface InheritedState {
  readonly generation: number;
  readonly remembered: InheritedRestarts;
  /** The policy that an operator had set; `undefined`: none. */
  readonly policy: SupervisionOptions | undefined;
}

/** How many plugins are added to the tree in one turn of the event loop. */
const sliceSize = 500;

/** Creates the registry, which follows the `plugin.spawned` events of the tree. */
export function createPluginRegistry({
  actor,
  options,
  emit,
  now,
  atDeadline,
  inheritedState,
  boundaryOf,
}: RegistryDependencies): PluginRegistry {
  const { specs } = options;
  const groupOf = createGroupOf(specs);
  const policyOf = ({ manifest, runtime }: Bundle, operators?: SupervisionOptions) =>
    composePolicyFor(runtime, options.policy, manifest.supervision, operators);
  const bundleRegistry = createBundleRegistry((bundles) =>
    placementProblems(
      bundles.map((bundle) => ({ bundle, policy: policyOf(bundle) })),
      specs,
      groupOf,
    ),
  );
  const observerById = new Map<string, PluginObserver>();
  const generations = new Map<string, number>();
  const since = now();

  // A plugin whose actor failed gets a new one, so a new observer replaces the old one.
  actor.on('plugin.spawned', ({ plugin }) => {
    const ref = pluginRef(actor.system, plugin);
    if (ref === undefined || observerById.get(plugin)?.ref === ref) return;
    observerById.get(plugin)?.close();
    guardActor(ref, boundaryOf);
    observerById.set(plugin, observePlugin(ref, emit, now, atDeadline));
  });

  const find = (id: string): ScannedBundle => {
    const found = bundleRegistry.find(id);
    if (found === undefined) throw unknownPluginError(id, bundleRegistry.all());
    return found;
  };
  const observer = (id: string): PluginObserver => {
    const found = find(id);
    const known = observerById.get(id);
    if (known !== undefined) return known;
    throw found.ok ? beingRemovedError(id) : found.error;
  };
  const statusOf = (found: ScannedBundle): PluginStatus =>
    found.ok ? observer(found.id).status() : invalidStatus(found.id, found.error, since);
  const toAddedBundle = ({ bundle, id }: RunnableBundle): AddedBundle => {
    const recorded = generations.has(id) ? undefined : inheritedState(id);
    return {
      bundle,
      policy: policyOf(bundle, recorded?.policy),
      group: groupOf(bundle),
      significant: bundle.manifest.significant ?? false,
      generation: generations.get(id) ?? recorded?.generation ?? 0,
      inherited: recorded?.remembered,
    };
  };
  const supervise = (runnables: readonly RunnableBundle[]): void => {
    if (runnables.length > 0) actor.send({ type: 'bundles.added', bundles: runnables.map(toAddedBundle) });
  };

  return {
    async register(scanned) {
      const added = bundleRegistry.register(scanned);
      for (let start = 0; start < added.length; start += sliceSize) {
        if (start > 0) await new Promise((resolve) => setImmediate(resolve));
        // The environment may have been shut down in the meantime.
        if (actor.getSnapshot().status !== 'active') return;
        supervise(added.slice(start, start + sliceSize));
      }
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
    observer,
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

/** The status of a bundle that cannot be run at all. */
function invalidStatus(id: string, error: PluginError, since: number): PluginStatus {
  return {
    id,
    state: 'invalid',
    phase: null,
    wanted: false,
    generation: 0,
    pid: null,
    command: null,
    version: null,
    protocolVersion: null,
    address: null,
    transport: null,
    verifiesHost: null,
    multiplexed: null,
    stdio: null,
    hooks: null,
    restarts: 0,
    ready: false,
    health: {
      passed: 0,
      missed: 0,
      excused: 0,
      lastExcuse: null,
      source: null,
      lastMs: null,
      watched: null,
      notServingSince: null,
      notServingUntil: null,
    },
    wasHealthy: false,
    failedReason: null,
    lastExit: null,
    error,
    since,
    retryAt: null,
  };
}

function describe(found: ScannedBundle): AvailablePlugin {
  const { id } = found;
  return found.ok
    ? { id, directory: found.bundle.directory, manifest: found.bundle.manifest, error: null }
    : { id, directory: found.directory, manifest: null, error: found.error };
}

function unknownPluginError(id: string, known: readonly ScannedBundle[]): PluginError {
  const ids = listed(known.map((found) => found.id));
  return new PluginError({
    code: 'PLUGIN_NOT_FOUND',
    plugin: id,
    message: `There is no plugin ${id}.`,
    hint: `The known plugins are: ${ids || 'none'}.`,
  });
}

/** The PLUGIN_NOT_FOUND error of a call on a plugin while it is removed. */
export function beingRemovedError(id: string): PluginError {
  return new PluginError({
    code: 'PLUGIN_NOT_FOUND',
    plugin: id,
    message: `Plugin ${id} is being removed.`,
    hint: 'Wait until it is removed; a rescan then adds its bundle again.',
  });
}
