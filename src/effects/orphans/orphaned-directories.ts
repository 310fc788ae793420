import { lstat, readdir, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ownershipProblem, readSmallText } from '../files/read-small-file.js';
import { removeDirectory } from '../files/remove-directory.js';
import { hostHasEnded, parseHostRecord, recordPath } from './host-record.js';

/** What a host has left that was killed, and its guardian with it. */
export interface OrphanedDirectory {
  /** Its private directory. */
  readonly directory: string;
  /** The pid that it had. */
  readonly host: number;
  /** The first part of the tokens of its plugins. */
  readonly scope: string;
}

/** How the private directories of environments are named: `mkdtemp` adds six characters. */
const privateDirectory = /^espalier-[A-Za-z0-9]{6}$/;

/** From making its directory to writing its record, a host takes milliseconds. */
const recordGraceMs = 60_000;

/**
 * Finds the private directories beside `own` whose host has ended and meant its plugins to end with it. What belongs to
 * another user, can be written by others, or has no readable record is passed over.
 */
export async function findOrphanedDirectories(own: string): Promise<readonly OrphanedDirectory[]> {
  const parent = dirname(own);
  const names: readonly string[] = await readdir(parent).catch(() => []);
  const found: OrphanedDirectory[] = [];
  for (const name of names) {
    if (!privateDirectory.test(name) || name === basename(own)) continue;
    const leftover = await readOrphanedDirectory(join(parent, name));
    if (leftover !== null) found.push(leftover);
  }
  return found;
}

/** Removes the directory of a leftover whose processes have been ended; answers whether that could be done. */
export function removeOrphanedDirectory({ directory }: OrphanedDirectory): Promise<boolean> {
  return removeDirectory(directory);
}

async function readOrphanedDirectory(directory: string): Promise<OrphanedDirectory | null> {
  try {
    // `lstat`, as another user could have made a symbolic link.
    const stats = await lstat(directory);
    const { mtimeMs } = stats;
    if (!stats.isDirectory() || ownershipProblem(stats) !== null) return null;
    const text = await readSmallText(recordPath(directory), { private: true }).catch(() => null);
    if (text === null) {
      // Its host was killed before it could write; `rmdir` fails unless it is empty.
      if (Date.now() - mtimeMs > recordGraceMs) await rmdir(directory);
      return null;
    }
    const record = parseHostRecord(text);
    if (record?.orphans !== 'end' || !hostHasEnded(record)) return null;
    return { directory, host: record.pid, scope: record.scope };
  } catch {
    // It has gone meanwhile, or is not ours to look at.
    return null;
  }
}
