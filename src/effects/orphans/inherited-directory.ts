import { lstat, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readSmallText } from '../files/read-small-file.js';
import { removeDirectory } from '../files/remove-directory.js';
import { hostHasEnded, parseHostRecord, recordPath } from './host-record.js';

const processDirectoryPattern = /\/espalier-[A-Za-z0-9]{6}\/\d+$/;
const hostDirectoryPattern = /\/espalier-[A-Za-z0-9]{6}$/;

/**
 * Removes the directory of a process that outlived its host and has ended now, and that of the host with the last one.
 * A path that was read from a file may lead anywhere: only a directory with the name, the owner and the record of a dead
 * host is removed.
 */
export function removeInheritedDirectory(directory: string): Promise<void> {
  const removal = removeIfOrphaned(directory).finally(() => removals.delete(removal));
  removals.add(removal);
  return removal;
}

const removals = new Set<Promise<void>>();

/** Resolves when every removal that was begun by now is done. A process that ends does not wait for its own. */
export async function inheritedDirectoriesRemoved(): Promise<void> {
  await Promise.all(removals);
}

async function removeIfOrphaned(directory: string): Promise<void> {
  const root = dirname(directory);
  if (!processDirectoryPattern.test(directory) || !(await belongsToDeadHost(root))) return;
  await remove(directory);
  if ((await processDirectories(root)).length === 0) await remove(root);
}

/** Removes the private directory of a dead host, except for the directories that processes still use. */
export async function removeInheritedRoot(root: string, inUse: ReadonlySet<string>): Promise<void> {
  if (!hostDirectoryPattern.test(root) || !(await belongsToDeadHost(root))) return;
  const directories = await processDirectories(root);
  const used = directories.filter((directory) => inUse.has(directory));
  if (used.length === 0) return remove(root);
  for (const directory of directories) if (!inUse.has(directory)) await remove(directory);
}

async function belongsToDeadHost(root: string): Promise<boolean> {
  try {
    // `lstat`, as another user could have made a symbolic link.
    const stats = await lstat(root);
    if (!stats.isDirectory() || stats.uid !== process.getuid?.()) return false;
    const record = parseHostRecord(await readSmallText(recordPath(root), { private: true }));
    return record !== null && hostHasEnded(record);
  } catch {
    return false;
  }
}

async function processDirectories(root: string): Promise<readonly string[]> {
  const names = await readdir(root).catch(() => []);
  return names.filter((name) => /^\d+$/.test(name)).map((name) => join(root, name));
}

/** A plugin may have mounted something there, or made a path that is too long: what cannot be removed is left. */
async function remove(path: string): Promise<void> {
  await removeDirectory(path);
}
