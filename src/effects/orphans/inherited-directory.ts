import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hostHasEnded, parseHostRecord, recordPath } from './host-record.js';

const processDirectoryPattern = /\/espalier-[A-Za-z0-9]{6}\/\d+$/;
const hostDirectoryPattern = /\/espalier-[A-Za-z0-9]{6}$/;

/**
 * Removes the directory of a process that outlived its host and has ended now, and that of the host with the last one.
 * A path that was read from a file may lead anywhere: only what is named, owned and recorded as ours is removed.
 */
export function removeInheritedDirectory(directory: string): void {
  const place = dirname(directory);
  if (!processDirectoryPattern.test(directory) || !hostIsDead(place)) return;
  remove(directory);
  if (processDirectories(place).length === 0) remove(place);
}

/** Removes what a dead host has left in its private directory, but what these processes still use. */
export function removeInheritedRoot(place: string, inUse: ReadonlySet<string>): void {
  if (!hostDirectoryPattern.test(place) || !hostIsDead(place)) return;
  const directories = processDirectories(place);
  for (const directory of directories) if (!inUse.has(directory)) remove(directory);
  if (!directories.some((directory) => inUse.has(directory))) remove(place);
}

function hostIsDead(place: string): boolean {
  try {
    // Not through a symbolic link, which anybody could have made.
    const stats = lstatSync(place);
    if (!stats.isDirectory() || stats.uid !== process.getuid?.()) return false;
    const record = parseHostRecord(readFileSync(recordPath(place), 'utf8'));
    return record !== null && hostHasEnded(record);
  } catch {
    return false;
  }
}

function processDirectories(place: string): readonly string[] {
  try {
    return readdirSync(place)
      .filter((name) => /^\d+$/.test(name))
      .map((name) => join(place, name));
  } catch {
    return [];
  }
}

/** What cannot be removed is left: no plugin shall wait for it. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A plugin may have mounted something there, or made a path that is too long to be named.
  }
}
