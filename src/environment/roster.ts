import type { Actor } from 'xstate';
import { pluginRef, type AddedBundle, type EnvironmentMachine, type Remembered } from '../machines/index.js';
import {
  PluginError,
  type Bundle,
  type EnvironmentEvent,
  type Manifest,
  type PluginStatus,
  type Supervision,
} from '../model/index.js';
import { composePolicy } from '../policy/index.js';
import type { AtDeadline, ScannedBundle } from '../effects/index.js';
import type { AvailablePlugin } from './environment.js';
import { invalidStatus } from './invalid-status.js';
import type { ResolvedOptions } from './options.js';
import { groupOf, placementProblems, requirementProblem } from './placement.js';
import { createRegistry, type Runnable } from './registry.js';
import { watchPlugin, type PluginWatch } from './watch-plugin.js';

/** All that an environment keeps about its plugins: their bundles, an eye on each actor, the generations used up. */
export interface Roster {
  /** Takes up what a scan found, and has what is new looked after. */
  readonly take: (scanned: readonly ScannedBundle[]) => void;
  /** Takes up a plugin that no scan finds. */
  readonly adopt: (runnable: Runnable) => void;
  readonly isRunnable: (id: string) => boolean;
  readonly isKnown: (id: string) => boolean;
  /** Throws PLUGIN_NOT_FOUND, or what its bundle lacks. */
  readonly manifest: (id: string) => Manifest;
  /** The watch of a plugin that can be run; throws what its bundle lacks otherwise. */
  readonly watch: (id: string) => PluginWatch;
  readonly status: (id: string) => PluginStatus;
  readonly statuses: () => readonly PluginStatus[];
  readonly available: () => readonly AvailablePlugin[];
  /** The ids of all that can be run. */
  readonly runnable: () => readonly string[];
  readonly watches: () => readonly PluginWatch[];
  /** What a plugin requires, directly or not; throws REQUIREMENT_UNMET where that cannot be. */
  readonly needs: (id: string) => readonly string[];
  /** Lets go of a plugin that has come to rest. */
  readonly forget: (id: string) => void;
}

interface Setting {
  readonly actor: Actor<EnvironmentMachine>;
  readonly options: ResolvedOptions;
  readonly emit: (event: EnvironmentEvent) => void;
  readonly now: () => number;
  readonly atDeadline?: AtDeadline | undefined;
  /** What an earlier host knew of a plugin. */
  readonly recall: (id: string) => Recalled | undefined;
}

export interface Recalled {
  readonly generation: number;
  readonly remembered: Remembered;
  /** What an operator had set over options and manifest. */
  readonly policy: Supervision | undefined;
}

export function createRoster({ actor, options, emit, now, atDeadline, recall }: Setting): Roster {
  const { specs } = options;
  const policyOf = ({ manifest }: Bundle, operators?: Supervision) =>
    composePolicy(options.policy, manifest.supervision, operators);
  const registry = createRegistry((bundles) =>
    placementProblems(
      bundles.map((bundle) => ({ bundle, policy: policyOf(bundle) })),
      specs,
    ),
  );
  const watches = new Map<string, PluginWatch>();
  const generations = new Map<string, number>();
  const since = now();

  // A plugin whose actor broke gets another one; its watch moves there.
  actor.on('plugin.placed', ({ plugin }) => {
    const ref = pluginRef(actor.system, plugin);
    if (ref === undefined || watches.get(plugin)?.ref === ref) return;
    watches.get(plugin)?.close();
    watches.set(plugin, watchPlugin(ref, emit, now, atDeadline));
  });

  const find = (id: string): ScannedBundle => {
    const found = registry.find(id);
    if (found === undefined) throw unknown(id, registry.all());
    return found;
  };
  const watch = (id: string): PluginWatch => {
    const found = find(id);
    const known = watches.get(id);
    if (known !== undefined) return known;
    throw found.ok ? isBeingRemoved(id) : found.error;
  };
  const statusOf = (found: ScannedBundle): PluginStatus =>
    found.ok ? watch(found.id).status() : invalidStatus(found.id, found.error, since);
  const supervised = ({ bundle, id }: Runnable): AddedBundle => {
    const recalled = generations.has(id) ? undefined : recall(id);
    return {
      bundle,
      policy: policyOf(bundle, recalled?.policy),
      group: groupOf(bundle, specs),
      significant: bundle.manifest.significant ?? false,
      generation: generations.get(id) ?? recalled?.generation ?? 0,
      remembered: recalled?.remembered,
    };
  };
  const supervise = (runnables: readonly Runnable[]): void => {
    if (runnables.length > 0) actor.send({ type: 'bundles.added', bundles: runnables.map(supervised) });
  };

  return {
    take(scanned) {
      supervise(registry.take(scanned));
    },
    adopt(runnable) {
      registry.adopt(runnable);
      supervise([runnable]);
    },
    isRunnable: (id) => registry.find(id)?.ok === true,
    isKnown: (id) => registry.find(id) !== undefined,
    manifest(id) {
      const found = find(id);
      if (!found.ok) throw found.error;
      return found.bundle.manifest;
    },
    watch,
    status: (id) => statusOf(find(id)),
    statuses: () => registry.all().map(statusOf),
    available: () => registry.all().map(describe),
    runnable: () => registry.all().flatMap(({ ok, id }) => (ok ? [id] : [])),
    watches: () => [...watches.values()],
    needs(id) {
      const { plan } = actor.getSnapshot().context.layout;
      const unmet = plan.unmet.get(id);
      if (unmet !== undefined) throw requirementProblem(id, unmet);
      return plan.needs.get(id) ?? [];
    },
    forget(id) {
      const known = watches.get(id);
      if (known !== undefined) {
        generations.set(id, known.status().generation);
        known.close();
        watches.delete(id);
        actor.send({ type: 'bundle.removed', plugin: id });
      }
      registry.forget(id);
    },
  };
}

function describe(found: ScannedBundle): AvailablePlugin {
  const { id } = found;
  return found.ok
    ? { id, directory: found.bundle.directory, manifest: found.bundle.manifest, error: null }
    : { id, directory: found.directory, manifest: null, error: found.error };
}

function unknown(id: string, known: readonly ScannedBundle[]): PluginError {
  const ids = known.map((found) => found.id).join(', ');
  return new PluginError({
    code: 'PLUGIN_NOT_FOUND',
    plugin: id,
    message: `There is no plugin ${id}.`,
    hint: `Known are: ${ids || 'none'}.`,
  });
}

export function isBeingRemoved(id: string): PluginError {
  return new PluginError({
    code: 'PLUGIN_NOT_FOUND',
    plugin: id,
    message: `Plugin ${id} is being removed.`,
    hint: 'Wait until it is gone; a rescan then takes its bundle up again.',
  });
}
