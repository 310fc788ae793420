import type { ScannedBundle } from '../../effects/index.js';
import { PluginError, type Bundle } from '../../model/index.js';

/** The bundles of an environment. The id of a valid bundle belongs to one directory. */
export interface BundleRegistry {
  /** Registers the bundles of a scan; returns those that are new and valid. */
  register(scanned: readonly ScannedBundle[]): readonly RunnableBundle[];
  /** Adds a bundle that no scan finds. */
  add(runnable: RunnableBundle): void;
  /** The bundle of an id; of several invalid ones with the same id, the first. */
  find(id: string): ScannedBundle | undefined;
  /** All bundles, sorted by id. */
  all(): readonly ScannedBundle[];
  /** Removes the bundles of an id. */
  remove(id: string): void;
}

/** A valid bundle. */
export type RunnableBundle = Extract<ScannedBundle, { readonly ok: true }>;

/** Creates an empty registry. `problems` returns the errors of valid bundles that have no place in the tree, by id. */
export function createBundleRegistry(
  problems: (bundles: readonly Bundle[]) => ReadonlyMap<string, PluginError>,
): BundleRegistry {
  const runnable = new Map<string, RunnableBundle>();
  let invalid: readonly ScannedBundle[] = [];
  let firstInvalid: ReadonlyMap<string, ScannedBundle> = new Map();
  const setInvalid = (found: readonly ScannedBundle[]): void => {
    invalid = found;
    firstInvalid = new Map(found.toReversed().map((each) => [each.id, each]));
  };
  return {
    register(scanned) {
      const claims = scanned.map((found) => rejectTakenId(found, runnable.get(found.id)));
      const fresh = claims.filter((found) => found.ok).filter(({ id }) => !runnable.has(id));
      const errors = problems([...runnable.values(), ...fresh].map(({ bundle }) => bundle));
      setInvalid([
        ...claims.filter((found) => !found.ok),
        ...fresh.flatMap((found) => toRejected(found, errors)),
      ]);
      const added = fresh.filter(({ id }) => !errors.has(id));
      for (const found of added) runnable.set(found.id, found);
      return added;
    },
    add: (found) => {
      runnable.set(found.id, found);
    },
    find: (id) => runnable.get(id) ?? firstInvalid.get(id),
    all: () => [...runnable.values(), ...invalid].sort((a, b) => (a.id < b.id ? -1 : Number(a.id > b.id))),
    remove(id) {
      runnable.delete(id);
      setInvalid(invalid.filter((found) => found.id !== id));
    },
  };
}

function toRejected(
  { id, bundle }: RunnableBundle,
  errors: ReadonlyMap<string, PluginError>,
): ScannedBundle[] {
  const error = errors.get(id);
  return error === undefined ? [] : [{ ok: false, id, directory: bundle.directory, error }];
}

/** Also where the link of a deploy leads to another directory by now. */
function isSamePlace(one: Bundle, other: Bundle): boolean {
  return one.directory === other.directory || (one.path !== undefined && one.path === other.path);
}

/** Rejects a bundle whose id belongs to another directory, because that plugin may be running. */
function rejectTakenId(found: ScannedBundle, holder: RunnableBundle | undefined): ScannedBundle {
  if (holder === undefined || !found.ok || isSamePlace(holder.bundle, found.bundle)) return found;
  const { directory } = found.bundle;
  const { attachedOnly } = holder.bundle;
  const error = new PluginError({
    code: 'PLUGIN_DUPLICATE',
    plugin: found.id,
    phase: 'manifest',
    message: `The id "${found.id}" of ${directory} is already taken by ${attachedOnly === true ? 'a reattached plugin' : holder.bundle.directory}.`,
    hint: 'Give each plugin its own id, or remove the other plugin first.',
    facts: { directory, others: [holder.bundle.directory] },
  });
  return { ok: false, id: found.id, directory, error };
}
