import type { ScannedBundle } from '../../effects/index.js';
import { PluginError, type Bundle } from '../../model/index.js';

/** The bundles that an environment knows of. An id that can be run belongs to one directory. */
export interface BundleRegistry {
  /** Takes up what a scan found; answers what is new and can be run. */
  register(scanned: readonly ScannedBundle[]): readonly RunnableBundle[];
  /** Takes up one more that no scan finds. */
  add(runnable: RunnableBundle): void;
  /** The bundle of an id; where several broken ones claim it, the first. */
  find(id: string): ScannedBundle | undefined;
  /** All of them, sorted by id. */
  all(): readonly ScannedBundle[];
  remove(id: string): void;
}

export type RunnableBundle = Extract<ScannedBundle, { readonly ok: true }>;

/** `problems`: why some of these bundles cannot be looked after, by their ids. */
export function createBundleRegistry(
  problems: (bundles: readonly Bundle[]) => ReadonlyMap<string, PluginError>,
): BundleRegistry {
  const runnable = new Map<string, RunnableBundle>();
  let broken: readonly ScannedBundle[] = [];
  return {
    register(scanned) {
      const claims = scanned.map((found) => rejectTakenId(found, runnable.get(found.id)));
      const fresh = claims.filter((found) => found.ok).filter(({ id }) => !runnable.has(id));
      const refused = problems([...runnable.values(), ...fresh].map(({ bundle }) => bundle));
      broken = [
        ...claims.filter((found) => !found.ok),
        ...fresh.flatMap((found) => toRejected(found, refused)),
      ];
      const taken = fresh.filter(({ id }) => !refused.has(id));
      for (const found of taken) runnable.set(found.id, found);
      return taken;
    },
    add: (found) => {
      runnable.set(found.id, found);
    },
    find: (id) => runnable.get(id) ?? broken.find((found) => found.id === id),
    all: () => [...runnable.values(), ...broken].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id))),
    remove(id) {
      runnable.delete(id);
      broken = broken.filter((found) => found.id !== id);
    },
  };
}

function toRejected(
  { id, bundle }: RunnableBundle,
  refused: ReadonlyMap<string, PluginError>,
): ScannedBundle[] {
  const error = refused.get(id);
  return error === undefined ? [] : [{ ok: false, id, directory: bundle.directory, error }];
}

/** A second directory must not take over the id of a plugin that may be running. */
function rejectTakenId(found: ScannedBundle, holder: RunnableBundle | undefined): ScannedBundle {
  if (holder === undefined || !found.ok || holder.bundle.directory === found.bundle.directory) return found;
  const { directory } = found.bundle;
  const { attachedOnly } = holder.bundle;
  const error = new PluginError({
    code: 'PLUGIN_DUPLICATE',
    plugin: found.id,
    phase: 'manifest',
    message: `The id "${found.id}" of ${directory} is already taken by ${attachedOnly === true ? 'a reattached plugin' : holder.bundle.directory}.`,
    hint: 'Give each plugin an id of its own, or remove the other one first.',
    facts: { directory, others: [holder.bundle.directory] },
  });
  return { ok: false, id: found.id, directory, error };
}
