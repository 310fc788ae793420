import type { Actor } from 'xstate';
import {
  findTokens,
  removeKeptDirectory,
  removeKeptPlace,
  type Guard,
  type Predecessor,
} from '../effects/index.js';
import type { EnvironmentMachine } from '../machines/index.js';
import {
  isPluginError,
  messageOf,
  PluginError,
  type GaveUpRecord,
  type PluginRecord,
  type RestorationReason,
  type Restored,
} from '../model/index.js';
import type { createCalls } from './calls.js';
import { endRemnant, huntDown, tokenOf } from './end-remnant.js';
import type { Remnant } from './observe-remnants.js';
import type { Roster } from './roster.js';

interface Setting {
  readonly actor: Actor<EnvironmentMachine>;
  readonly calls: ReturnType<typeof createCalls>;
  readonly roster: Roster;
  readonly guard: Guard;
  readonly remnants: ReadonlyMap<string, Remnant>;
  readonly predecessors: readonly Predecessor[];
  /** How long a process has after SIGTERM. */
  readonly termMs: (id: string) => number;
  readonly swept: (pids: readonly number[]) => void;
}

/** Brings back what an earlier host has left. */
export interface Restorer {
  /** Ends what nobody may take over. Before that, nothing is started. */
  clear(): Promise<void>;
  /** Takes over the process of a plugin, if that was decided, before somebody decides something else about it. */
  claim(id: string): Promise<void>;
  restore(): Promise<readonly Restored[]>;
}

export function createRestorer(setting: Setting): Restorer {
  const { actor, calls, roster, guard, predecessors, termMs, swept } = setting;
  const pending = new Map(setting.remnants);
  const claims = new Map<string, Promise<RestorationReason>>();
  let cleared: Promise<void> | null = null;
  const clear = (): Promise<void> => (cleared ??= clearAway());

  async function clearAway(): Promise<void> {
    const remnants = [...pending.values()];
    const kept = remnants.flatMap(({ record, restoration }) =>
      restoration.process === 'adopt' && record.process !== null ? [record.process] : [],
    );
    await Promise.all(remnants.map(endOne));
    const keptTokens = new Set(kept.map((process) => tokenOf(process)?.token));
    const found = await findTokens(predecessors.map(({ scope }) => scope));
    const strays = found.filter((token) => !keptTokens.has(token));
    const caught = await Promise.all(
      strays.map((token) => huntDown({ scope: token.split('.')[0] ?? token, token }, guard)),
    );
    swept(caught.flat());
    const inUse = new Set(kept.flatMap(({ directory }) => directory ?? []));
    for (const { place } of predecessors) removeKeptPlace(place, inUse);
  }

  async function endOne({ record, restoration }: Remnant): Promise<void> {
    const { process, plugin } = record;
    if (process === null || restoration.process === 'adopt') return;
    if (restoration.process === 'end')
      // Who was not to outlive its host is killed at this moment, if it lives at all.
      await endRemnant(process, guard, restoration.because === 'orphansEnd' ? 0 : termMs(plugin));
    else if (process.directory !== null) removeKeptDirectory(process.directory);
  }

  function claim(id: string): Promise<RestorationReason> {
    const known = claims.get(id);
    if (known !== undefined) return known;
    const claimed = clear().then(() => adopt(id));
    claims.set(id, claimed);
    return claimed;
  }

  async function adopt(id: string): Promise<RestorationReason> {
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
      if (process.token !== null) await endRemnant(process, guard, termMs(id));
      return 'notHealthy';
    }
  }

  async function restoreOne(id: string, record: PluginRecord, because: RestorationReason): Promise<Restored> {
    if (because === 'alive') return { id, outcome: 'readopted', because, error: null };
    if (!record.wanted) return { id, outcome: 'resting', because: 'notWanted', error: null };
    if (!roster.isRunnable(id)) return refused(id, roster);
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

  async function restore(): Promise<readonly Restored[]> {
    await clear();
    const ids = inStartOrder(actor, [...pending.keys()]);
    // Whoever runs already is there before anything is started that may require it.
    const reasons = await Promise.all(ids.map(claim));
    const restored = ids.map(async (id, index): Promise<Restored[]> => {
      const remnant = pending.get(id);
      if (remnant === undefined) return [];
      // A bundle that is missing now may be found by a later scan.
      if (!remnant.record.wanted || roster.isRunnable(id)) pending.delete(id);
      return [await restoreOne(id, remnant.record, reasons[index] ?? remnant.restoration.because)];
    });
    return (await Promise.all(restored)).flat();
  }

  return {
    clear,
    async claim(id) {
      if (pending.has(id)) await claim(id);
      else await clear();
      // Nothing can be decided about one whose bundle is missing; a later scan may find it.
      if (roster.isRunnable(id)) pending.delete(id);
    },
    restore,
  };
}

function inStartOrder(actor: Actor<EnvironmentMachine>, ids: readonly string[]): readonly string[] {
  const { order } = actor.getSnapshot().context.layout.plan;
  const place = new Map(order.map((id, index) => [id, index]));
  return [...ids].sort((a, b) => (place.get(a) ?? order.length) - (place.get(b) ?? order.length));
}

function refused(id: string, roster: Roster): Restored {
  const known = roster.isKnown(id) ? roster.status(id).error : null;
  const error =
    known ??
    new PluginError({
      code: 'PLUGIN_NOT_FOUND',
      plugin: id,
      message: `Plugin ${id} ran under an earlier host, and its bundle is gone.`,
      hint: 'Put the bundle back, rescan and restore again; or remove its file from the state directory.',
    });
  return { id, outcome: 'refused', because: known === null ? 'bundleMissing' : 'bundleInvalid', error };
}

function errorOf(plugin: string, { error }: GaveUpRecord): PluginError | null {
  return error === null ? null : new PluginError({ ...error, plugin });
}

function asError(plugin: string, thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  return new PluginError({ code: 'INTERNAL', plugin, message: messageOf(thrown), cause: thrown });
}
