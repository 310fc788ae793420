import { PluginError } from '../model/index.js';
import type { ScannedBundle } from './scan-result.js';

/** A scanned bundle and the path under which the scan came upon it, links not resolved. */
export interface FoundBundle {
  readonly path: string;
  readonly scanned: ScannedBundle;
}

/** The most other directories that the error of a duplicate names. */
const maxNamed = 10;

/**
 * The bundles of one directory, sorted by id. An id that several of them claim is given to none of them, as the names of
 * directories must not decide which release runs. Each of them becomes an error that names the others.
 */
export function rejectDuplicates(found: readonly FoundBundle[]): ScannedBundle[] {
  const sorted = found.toSorted((a, b) => compare(a.scanned.id, b.scanned.id) || compare(a.path, b.path));
  const claimants = new Map<string, string[]>();
  for (const { path, scanned } of sorted) {
    const paths = claimants.get(scanned.id);
    if (paths === undefined) claimants.set(scanned.id, [path]);
    else paths.push(path);
  }
  return sorted.map((one) => {
    const paths = claimants.get(one.scanned.id) ?? [];
    return paths.length === 1 ? one.scanned : asDuplicate(one, paths);
  });
}

function asDuplicate({ path, scanned }: FoundBundle, paths: readonly string[]): ScannedBundle {
  const others = paths
    .slice(0, maxNamed + 1)
    .filter((other) => other !== path)
    .slice(0, maxNamed);
  const unnamed = paths.length - 1 - others.length;
  const named = [...others, ...(unnamed > 0 ? [`${unnamed} more`] : [])].join(', ');
  const alsoBroken = scanned.ok ? '' : ` It is also broken: ${scanned.error.message}`;
  const error = new PluginError({
    code: 'PLUGIN_DUPLICATE',
    message: `The id "${scanned.id}" of ${path} is also claimed by ${named}.${alsoBroken}`,
    hint: 'Remove all but one of these directories, or give each plugin an id of its own.',
    plugin: scanned.id,
    phase: 'manifest',
    facts: { directory: path, others, count: paths.length },
    cause: scanned.ok ? undefined : scanned.error,
  });
  return { ok: false, id: scanned.id, directory: path, error };
}

/** By code units, so that the order is the same in every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
