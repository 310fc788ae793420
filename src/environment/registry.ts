import type { ScannedBundle } from '../effects/index.js';
import { PluginError, type Bundle } from '../model/index.js';

/** The bundles that an environment knows of. An id that can be run belongs to one directory. */
export interface Registry {
  /** Takes up what a scan found; answers what is new and can be run. */
  take(scanned: readonly ScannedBundle[]): readonly Runnable[];
  /** Takes up one more that no scan finds. */
  adopt(runnable: Runnable): void;
  /** The bundle of an id; where several broken ones claim it, the first. */
  find(id: string): ScannedBundle | undefined;
  /** All of them, sorted by id. */
  all(): readonly ScannedBundle[];
  forget(id: string): void;
}

export type Runnable = Extract<ScannedBundle, { readonly ok: true }>;

/** `problems`: why some of these bundles cannot be looked after, by their ids. */
export function createRegistry(
  problems: (bundles: readonly Bundle[]) => ReadonlyMap<string, PluginError>,
): Registry {
  const runnable = new Map<string, Runnable>();
  let broken: readonly ScannedBundle[] = [];
  return {
    take(scanned) {
      const claims = scanned.map((found) => settleClaim(found, runnable.get(found.id)));
      const fresh = claims.filter((found) => found.ok).filter(({ id }) => !runnable.has(id));
      const refused = problems([...runnable.values(), ...fresh].map(({ bundle }) => bundle));
      broken = [
        ...claims.filter((found) => !found.ok),
        ...fresh.flatMap((found) => asRefused(found, refused)),
      ];
      const taken = fresh.filter(({ id }) => !refused.has(id));
      for (const found of taken) runnable.set(found.id, found);
      return taken;
    },
    adopt: (found) => {
      runnable.set(found.id, found);
    },
    find: (id) => runnable.get(id) ?? broken.find((found) => found.id === id),
    all: () => [...runnable.values(), ...broken].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id))),
    forget(id) {
      runnable.delete(id);
      broken = broken.filter((found) => found.id !== id);
    },
  };
}

function asRefused({ id, bundle }: Runnable, refused: ReadonlyMap<string, PluginError>): ScannedBundle[] {
  const error = refused.get(id);
  return error === undefined ? [] : [{ ok: false, id, directory: bundle.directory, error }];
}

/** A second directory must not take over the id of a plugin that may be running. */
function settleClaim(found: ScannedBundle, holder: Runnable | undefined): ScannedBundle {
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
