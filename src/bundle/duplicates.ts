import { PluginError } from '../model/index.js';
import type { ScannedBundle } from './scan-result.js';

/** A scanned bundle and the path under which the scan came upon it, links not resolved. */
export interface FoundBundle {
  readonly path: string;
  readonly scanned: ScannedBundle;
}

/**
 * The bundles of one directory, sorted by id. An id that several of them claim is given to none: which of two releases
 * runs must not hang on the names of their directories. Each of them is listed, and says where the others are.
 */
export function rejectDuplicates(found: readonly FoundBundle[]): ScannedBundle[] {
  const sorted = found.toSorted((a, b) => compare(a.scanned.id, b.scanned.id) || compare(a.path, b.path));
  return sorted.map((one) => {
    const others = sorted.filter((other) => other !== one && other.scanned.id === one.scanned.id);
    return others.length === 0 ? one.scanned : asDuplicate(one, others);
  });
}

function asDuplicate({ path, scanned }: FoundBundle, others: readonly FoundBundle[]): ScannedBundle {
  const directories = others.map((other) => other.path);
  const alsoBroken = scanned.ok ? '' : ` It is also broken: ${scanned.error.message}`;
  const error = new PluginError({
    code: 'PLUGIN_DUPLICATE',
    message: `The id "${scanned.id}" of ${path} is also claimed by ${directories.join(', ')}.${alsoBroken}`,
    hint: 'Remove all but one of these directories, or give each plugin an id of its own.',
    plugin: scanned.id,
    phase: 'manifest',
    facts: { directory: path, others: directories },
    cause: scanned.ok ? undefined : scanned.error,
  });
  return { ok: false, id: scanned.id, directory: path, error };
}

/** By code units, so that the order is the same in every locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
