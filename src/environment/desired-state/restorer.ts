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
  isPluginError,
  messageOf,
  PluginError,
  type GaveUpRecord,
  type PluginRecord,
  type RestorationReason,
  type RestoreOutcome,
} from '../../model/index.js';
import type { createPluginCalls } from '../calls/plugin-calls.js';
import { stopOrphan, reapByToken, processToken } from '../orphans/stop-orphan.js';
import type { InheritedPlugin } from './inherited-plugins.js';
import type { PluginRegistry } from '../registry/plugin-registry.js';

interface RestorerDependencies {
  readonly actor: Actor<EnvironmentMachine>;
  readonly calls: ReturnType<typeof createPluginCalls>;
  readonly registry: PluginRegistry;
  readonly guard: Guard;
  readonly inheritedPlugins: ReadonlyMap<string, InheritedPlugin>;
  readonly previousHosts: readonly PreviousHost[];
  /** How long a process has after SIGTERM. */
  readonly termMs: (id: string) => number;
  readonly onReaped: (pids: readonly number[]) => void;
}

/** Brings back what an earlier host has left. */
export interface Restorer {
  /** Ends what nobody may take over. Before that, nothing is started. */
  reapOrphans(): Promise<void>;
  /** Takes over the process of a plugin, if that was decided, before somebody decides something else about it. */
  reattach(id: string): Promise<void>;
  restore(): Promise<readonly RestoreOutcome[]>;
}

export function createRestorer(setting: RestorerDependencies): Restorer {
  const { actor, calls, registry, guard, previousHosts, termMs, onReaped } = setting;
  const pending = new Map(setting.inheritedPlugins);
  const reattachments = new Map<string, Promise<RestorationReason>>();
  let cleared: Promise<void> | null = null;
  const clear = (): Promise<void> => (cleared ??= reapAll());

  async function reapAll(): Promise<void> {
    const remnants = [...pending.values()];
    const inherited = remnants.flatMap(({ record, restoration }) =>
      restoration.process === 'adopt' && record.process !== null ? [record.process] : [],
    );
    await Promise.all(remnants.map(stopOne));
    const inheritedTokens = new Set(inherited.map((process) => processToken(process)?.token));
    const found = await findProcessTokens(previousHosts.map(({ scope }) => scope));
    const orphanTokens = found.filter((token) => !inheritedTokens.has(token));
    const killed = await Promise.all(
      orphanTokens.map((token) => reapByToken({ scope: token.split('.')[0] ?? token, token }, guard)),
    );
    onReaped(killed.flat());
    const inUse = new Set(inherited.flatMap(({ socketDirectory }) => socketDirectory ?? []));
    for (const { directory } of previousHosts) removeInheritedRoot(directory, inUse);
  }

  async function stopOne({ record, restoration }: InheritedPlugin): Promise<void> {
    const { process, plugin } = record;
    if (process === null || restoration.process === 'adopt') return;
    if (restoration.process === 'end')
      // Who was not to outlive its host is killed at this moment, if it lives at all.
      await stopOrphan(process, guard, restoration.because === 'orphansEnd' ? 0 : termMs(plugin));
    else if (process.socketDirectory !== null) removeInheritedDirectory(process.socketDirectory);
  }

  function reattachOnce(id: string): Promise<RestorationReason> {
    const known = reattachments.get(id);
    if (known !== undefined) return known;
    const claimed = clear().then(() => attemptReattach(id));
    reattachments.set(id, claimed);
    return claimed;
  }

  async function attemptReattach(id: string): Promise<RestorationReason> {
    const remnant = pending.get(id);
    if (remnant === undefined) return 'noProcess';
    const { record, restoration } = remnant;
    const { process } = record;
    const reattach = process?.reattach ?? null;
    if (restoration.plugin !== 'adopt' || process === null || reattach === null) return restoration.because;
    try {
      await calls.readopt(id, reattach);
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
      await calls.resume(id);
      return { id, outcome: 'started', because, error: null };
    } catch (thrown) {
      return { id, outcome: 'failed', because, error: asError(id, thrown) };
    }
  }

  async function restore(): Promise<readonly RestoreOutcome[]> {
    await clear();
    const ids = inStartOrder(actor, [...pending.keys()]);
    // Whoever runs already is there before anything is started that may require it.
    const reasons = await Promise.all(ids.map(reattachOnce));
    const restored = ids.map(async (id, index): Promise<RestoreOutcome[]> => {
      const remnant = pending.get(id);
      if (remnant === undefined) return [];
      // A bundle that is missing now may be found by a later scan.
      if (!remnant.record.wanted || registry.isRunnable(id)) pending.delete(id);
      return [await restoreOne(id, remnant.record, reasons[index] ?? remnant.restoration.because)];
    });
    return (await Promise.all(restored)).flat();
  }

  return {
    reapOrphans: clear,
    async reattach(id) {
      if (pending.has(id)) await reattachOnce(id);
      else await clear();
      // Nothing can be decided about one whose bundle is missing; a later scan may find it.
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

function rejected(id: string, roster: PluginRegistry): RestoreOutcome {
  const known = roster.isKnown(id) ? roster.status(id).error : null;
  const error =
    known ??
    new PluginError({
      code: 'PLUGIN_NOT_FOUND',
      plugin: id,
      message: `Plugin ${id} ran under an earlier host, and its bundle is gone.`,
      hint: 'Put the bundle back, rescan and restore again; or remove its file from the state directory.',
    });
  return { id, outcome: 'rejected', because: known === null ? 'bundleMissing' : 'bundleInvalid', error };
}

function errorOf(plugin: string, { error }: GaveUpRecord): PluginError | null {
  return error === null ? null : new PluginError({ ...error, plugin });
}

function asError(plugin: string, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  return new PluginError({ code: 'INTERNAL', plugin, message: messageOf(thrown), cause: thrown });
}
