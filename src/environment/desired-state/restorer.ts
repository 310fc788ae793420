import type { Actor } from 'xstate';
import {
  findProcessTokens,
  removeInheritedDirectory,
  removeInheritedRoot,
  type Guard,
  type PreviousHost,
} from '../../effects/index.js';
import type { EnvironmentMachine } from '../../machines/index.js';
import {
  PluginError,
  toPluginError,
  type GaveUpRecord,
  type PluginRecord,
  type RestorationReason,
  type RestoreOutcome,
} from '../../model/index.js';
import type { InheritedCalls } from '../calls/plugin-calls.js';
import { stopOrphan, reapByToken, processToken } from '../orphans/stop-orphan.js';
import type { InheritedPlugin } from './inherited-plugins.js';
import type { PluginRegistry } from '../registry/plugin-registry.js';

interface RestorerDependencies {
  readonly actor: Actor<EnvironmentMachine>;
  readonly inherited: InheritedCalls;
  readonly registry: PluginRegistry;
  readonly guard: Guard;
  readonly inheritedPlugins: ReadonlyMap<string, InheritedPlugin>;
  readonly previousHosts: readonly PreviousHost[];
  /** How long a process of this plugin has to exit after SIGTERM, in milliseconds. */
  readonly termMs: (id: string) => number;
  readonly onReaped: (pids: readonly number[]) => void;
}

/** Restores what a previous host left. */
export interface Restorer {
  /** Stops the processes that cannot be reattached. Further calls return the same promise; nothing starts before it. */
  reapOrphans(): Promise<void>;
  /** Reattaches to the process of a plugin, if that was decided. Called before any other call on the plugin. */
  reattach(id: string): Promise<void>;
  /** Restores every plugin that is left to restore. */
  restore(): Promise<readonly RestoreOutcome[]>;
}

/** Creates the restorer for the plugins that a previous host left. */
export function createRestorer(dependencies: RestorerDependencies): Restorer {
  const { actor, inherited, registry, guard, previousHosts, termMs, onReaped } = dependencies;
  const pending = new Map(dependencies.inheritedPlugins);
  const reattachments = new Map<string, Promise<RestorationReason>>();
  let reaped: Promise<void> | null = null;
  const reapOrphans = (): Promise<void> => (reaped ??= reapAll());

  async function reapAll(): Promise<void> {
    const plugins = [...pending.values()];
    const reattachable = plugins.flatMap(({ record, restoration }) =>
      restoration.process === 'reattach' && record.process !== null ? [record.process] : [],
    );
    await Promise.all(plugins.map(stopOne));
    const inheritedTokens = new Set(reattachable.map((process) => processToken(process)?.token));
    const found = await findProcessTokens(previousHosts.map(({ scope }) => scope));
    const orphanTokens = found.filter((token) => !inheritedTokens.has(token));
    const killed = await Promise.all(
      orphanTokens.map((token) => reapByToken({ scope: token.split('.')[0] ?? token, token }, guard)),
    );
    onReaped(killed.flat());
    const inUse = new Set(reattachable.flatMap(({ socketDirectory }) => socketDirectory ?? []));
    for (const { directory } of previousHosts) removeInheritedRoot(directory, inUse);
  }

  async function stopOne({ record, restoration }: InheritedPlugin): Promise<void> {
    const { process, plugin } = record;
    if (process === null || restoration.process === 'reattach') return;
    if (restoration.process === 'stop')
      // Under `orphans: 'end'` the guardian kills the process at this moment, so no grace period is needed.
      await stopOrphan(process, guard, restoration.because === 'orphansEnd' ? 0 : termMs(plugin));
    else if (process.socketDirectory !== null) removeInheritedDirectory(process.socketDirectory);
  }

  function reattachOnce(id: string): Promise<RestorationReason> {
    const known = reattachments.get(id);
    if (known !== undefined) return known;
    const attempt = reapOrphans().then(() => attemptReattach(id));
    reattachments.set(id, attempt);
    return attempt;
  }

  async function attemptReattach(id: string): Promise<RestorationReason> {
    const plugin = pending.get(id);
    if (plugin === undefined) return 'noProcess';
    const { record, restoration } = plugin;
    const { process } = record;
    const reattach = process?.reattach ?? null;
    if (restoration.plugin !== 'reattach' || process === null || reattach === null)
      return restoration.because;
    try {
      await inherited.reattachInherited(id, reattach);
      return 'alive';
    } catch {
      if (process.token !== null) await stopOrphan(process, guard, termMs(id));
      return 'notHealthy';
    }
  }

  async function restoreOne(
    id: string,
    record: PluginRecord,
    because: RestorationReason,
  ): Promise<RestoreOutcome> {
    if (because === 'alive') return { id, outcome: 'reattached', because, error: null };
    if (!record.wanted) return { id, outcome: 'stopped', because: 'notWanted', error: null };
    if (!registry.isRunnable(id)) return rejected(id, registry);
    if (record.gaveUp !== null) {
      const { reason } = record.gaveUp;
      const error = errorOf(id, record.gaveUp);
      actor.send({ type: 'environment.giveUp', plugin: id, reason, error });
      return { id, outcome: 'givenUp', because: 'gaveUp', error };
    }
    try {
      await inherited.startInherited(id);
      return { id, outcome: 'started', because, error: null };
    } catch (thrown) {
      return { id, outcome: 'failed', because, error: toPluginError(thrown, { plugin: id }) };
    }
  }

  async function restore(): Promise<readonly RestoreOutcome[]> {
    await reapOrphans();
    const ids = inStartOrder(actor, [...pending.keys()]);
    // Running processes are reattached first, because the plugins started below may require them.
    const reasons = await Promise.all(ids.map(reattachOnce));
    const restored = ids.map(async (id, index): Promise<RestoreOutcome[]> => {
      const plugin = pending.get(id);
      if (plugin === undefined) return [];
      // A later scan may find a bundle that is missing now.
      if (!plugin.record.wanted || registry.isRunnable(id)) pending.delete(id);
      return [await restoreOne(id, plugin.record, reasons[index] ?? plugin.restoration.because)];
    });
    return (await Promise.all(restored)).flat();
  }

  return {
    reapOrphans,
    async reattach(id) {
      if (pending.has(id)) await reattachOnce(id);
      else await reapOrphans();
      // A later scan may find a bundle that is missing now.
      if (registry.isRunnable(id)) pending.delete(id);
    },
    restore,
  };
}

function inStartOrder(actor: Actor<EnvironmentMachine>, ids: readonly string[]): readonly string[] {
  const { order } = actor.getSnapshot().context.layout.plan;
  const place = new Map(order.map((id, index) => [id, index]));
  return [...ids].sort((a, b) => (place.get(a) ?? order.length) - (place.get(b) ?? order.length));
}

function rejected(id: string, registry: PluginRegistry): RestoreOutcome {
  const known = registry.isKnown(id) ? registry.status(id).error : null;
  const error =
    known ??
    new PluginError({
      code: 'PLUGIN_NOT_FOUND',
      plugin: id,
      message: `Plugin ${id} ran under a previous host, and its bundle is missing now.`,
      hint: 'Put the bundle back, then call rescan() and restore(); or delete the record of the plugin in the state directory.',
    });
  return { id, outcome: 'rejected', because: known === null ? 'bundleMissing' : 'bundleInvalid', error };
}

function errorOf(plugin: string, { error }: GaveUpRecord): PluginError | null {
  return error === null ? null : new PluginError({ ...error, plugin });
}
