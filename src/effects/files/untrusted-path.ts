import type { Stats } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { ownershipProblem } from './read-small-file.js';

/** As many links as Linux follows in one path. */
const maxLinks = 40;

/**
 * Why another user could have made or could replace a directory, or a part of the path to it; `null` where none could.
 * Every part, links included, must belong to this user or to root. Others may write to a parent only if it is sticky,
 * such as /tmp, and to the directory itself not at all. What does not exist yet is trusted. `null` on Windows.
 */
export async function untrustedPathReason(directory: string): Promise<string | null> {
  const own = process.getuid?.();
  if (own === undefined) return null;
  let path = resolve(directory);
  for (let links = 0; links <= maxLinks; links += 1) {
    const walked = await walk(path, own);
    if ('reason' in walked) return walked.reason;
    path = walked.next;
  }
  return `${directory} has more than ${maxLinks} links in it`;
}

/** Looks at each part of a path from the root on. A link leads to the path that it stands for. */
async function walk(
  path: string,
  own: number,
): Promise<{ readonly reason: string | null } | { readonly next: string }> {
  const { root } = parse(path);
  const parts = path
    .slice(root.length)
    .split(sep)
    .filter((part) => part !== '');
  for (let count = 0; count <= parts.length; count += 1) {
    const part = join(root, ...parts.slice(0, count));
    const stats = await lstatOrNull(part);
    if (stats === null) return { reason: null };
    const reason =
      count === parts.length && !stats.isSymbolicLink() ? ownershipProblem(stats) : parentProblem(stats, own);
    if (reason !== null) return { reason: `${part} ${reason}` };
    if (stats.isSymbolicLink())
      return { next: resolve(dirname(part), await readlink(part), ...parts.slice(count)) };
  }
  return { reason: null };
}

function parentProblem(stats: Stats, own: number): string | null {
  const { uid, gid, mode } = stats;
  if (uid !== own && uid !== 0) return `belongs to user ${uid}, not to user ${own} or root`;
  if (!stats.isDirectory() || (mode & 0o1000) !== 0) return null;
  // Many systems give each user a group of their own, and let it write to what the user makes.
  const others = gid === process.getgid?.() ? 0o002 : 0o022;
  return (mode & others) === 0 ? null : `can be written by other users (mode ${(mode & 0o777).toString(8)})`;
}

async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw thrown;
  }
}
