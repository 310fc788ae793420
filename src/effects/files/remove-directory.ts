import { lstatSync, opendirSync, rmdirSync, unlinkSync } from 'node:fs';
import { lstat, opendir, rmdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileLimits } from '../../model/limits.js';

/**
 * Removes a file, or a directory with everything in it, however much that is: beside other work, and in little memory.
 * `isOver` is asked before each file and stops the removal. Links are not followed. Resolves with whether it is gone.
 */
export async function removeDirectory(path: string, isOver: () => boolean = () => false): Promise<boolean> {
  const kind = await lstat(path).catch((error: unknown) => error as NodeJS.ErrnoException);
  if (kind instanceof Error) return kind.code === 'ENOENT';
  if (!kind.isDirectory()) return removed(unlink(path));
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
    (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT',
  );
}

/**
 * The same for a process that ends and can do nothing asynchronous: removes at most `most` files. Returns how many of
 * them are left.
 */
export function removeDirectorySync(path: string, most: number = fileLimits.removedAtExit): number {
  let left = most;
  const remove = (one: string): void => {
    if (left <= 0) return;
    left -= 1;
    try {
      if (!lstatSync(one).isDirectory()) {
        unlinkSync(one);
        return;
      }
      const directory = opendirSync(one);
      try {
        for (let entry = directory.readSync(); entry !== null && left > 0; entry = directory.readSync())
          remove(join(one, entry.name));
      } finally {
        directory.closeSync();
      }
      rmdirSync(one);
    } catch {
      // It has gone meanwhile, or cannot be removed.
    }
  };
  remove(path);
  return left;
}
