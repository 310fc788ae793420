import { lstatSync, opendirSync, rmdirSync, unlinkSync } from 'node:fs';
import { lstat, opendir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileLimits } from '../../model/limits.js';

/**
 * Removes a file, or a directory with everything in it, however much that is: beside other work, and in little memory.
 * `isOver` is asked before each file and stops the removal. Links are not followed. Resolves with whether it is gone.
 */
export async function removeDirectory(path: string, isOver: () => boolean = () => false): Promise<boolean> {
  let isDirectory: boolean;
  try {
    isDirectory = (await lstat(path)).isDirectory();
  } catch (error) {
    return isGone(error);
  }
  if (!isDirectory) return removed(unlink(path));
  await removeContents(path, isOver);
  return !isOver() && removed(rmdir(path));
}

async function removeContents(path: string, isOver: () => boolean): Promise<void> {
  const running = new Set<Promise<unknown>>();
  try {
    for await (const entry of await opendir(path)) {
      if (isOver()) break;
      const child = join(path, entry.name);
      const removal: Promise<unknown> = (
        entry.isDirectory() ? removeDirectory(child, isOver) : removed(unlink(child))
      ).finally(() => running.delete(removal));
      running.add(removal);
      // A directory is removed alone, so that the number of those that are open is their depth.
      if (entry.isDirectory() || running.size >= fileLimits.removalsAtOnce) await Promise.race(running);
      if (entry.isDirectory()) await removal;
    }
  } catch {
    // It has gone meanwhile, or may not be listed: its removal then fails.
  }
  await Promise.all(running);
}

function removed(removal: Promise<void>): Promise<boolean> {
  return removal.then(
    () => true,
    (error: unknown) => isGone(error),
  );
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}

/** The same at once, where it is at most `most` files: one that has more is not removed as a whole. */
export function removeDirectorySync(path: string, most: number): boolean {
  let left = most;
  const remove = (one: string): boolean => {
    if (left <= 0) return false;
    left -= 1;
    try {
      if (!lstatSync(one).isDirectory()) {
        unlinkSync(one);
        return true;
      }
      const directory = opendirSync(one);
      try {
        for (let entry = directory.readSync(); entry !== null && left > 0; entry = directory.readSync())
          remove(join(one, entry.name));
      } finally {
        directory.closeSync();
      }
      rmdirSync(one);
      return true;
    } catch (error) {
      return isGone(error);
    }
  };
  return remove(path);
}
