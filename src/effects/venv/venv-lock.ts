import { randomBytes } from 'node:crypto';
import { link, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { readSmallText } from '../files/read-small-file.js';
import { hostHasEnded, ownHostRecord, parseHostRecord } from '../orphans/host-record.js';

const retryMs = 100;

/**
 * Runs `work` while no other process, and no other call in this one, works on the same virtual environment. It waits for
 * its turn until `signal` is given. The lock of a process that has ended is taken over.
 */
export async function withVenvLock<Result>(
  venv: string,
  signal: AbortSignal,
  work: () => Promise<Result>,
): Promise<Result> {
  const lock = `${venv}.espalier-lock`;
  const own = `${lock}.${randomBytes(6).toString('hex')}`;
  await mkdir(dirname(venv), { recursive: true });
  // Linked to its place whole, so that no other process reads half of it.
  await writeFile(own, `${JSON.stringify(ownHostRecord('0'.repeat(10), 'end'))}\n`, {
    flag: 'wx',
    mode: 0o600,
  });
  try {
    while (!(await tryLink(own, lock))) {
      if (!(await removeStale(lock, own))) await delay(retryMs, undefined, { signal });
    }
  } finally {
    await rm(own, { force: true });
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function tryLink(own: string, lock: string): Promise<boolean> {
  try {
    await link(own, lock);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

/** Removes the lock of a process that has ended; answers whether the place may be free now. */
async function removeStale(lock: string, own: string): Promise<boolean> {
  const text = await readSmallText(lock).catch((thrown: unknown) => {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw thrown;
  });
  if (text === null) return true;
  const record = parseHostRecord(text);
  if (record !== null && !hostHasEnded(record)) return false;
  // Another process may have replaced it since: what was moved is looked at again, and put back.
  const moved = `${own}.stale`;
  try {
    await rename(lock, moved);
    if ((await readSmallText(moved)) !== text) await tryLink(moved, lock);
    await rm(moved, { force: true });
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
  }
  return true;
}
