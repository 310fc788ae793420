import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isPluginError, messageOf, PluginError } from '../../model/index.js';
import { readSmallText } from '../files/read-small-file.js';
import { untrustedPathReason } from '../files/untrusted-path.js';
import { writeAtomically } from '../files/write-atomically.js';
import {
  bootOf,
  hostHasEnded,
  ownHostRecord,
  parseHostRecord,
  pidNamespace,
  type HostRecord,
} from '../orphans/host-record.js';
import { identifyProcess } from '../process/process-identity.js';
import { createLivenessFile, mayBeAlive } from './liveness-file.js';
import { setAside } from './set-aside.js';

/** A host that has ended and may have left processes and sockets. */
export interface PreviousHost {
  /** The first part of the tokens of its plugins. */
  readonly scope: string;
  /** The private directory of its sockets. */
  readonly directory: string;
}

/** This host's ownership of the state directory. */
export interface StateLock {
  readonly previousHosts: readonly PreviousHost[];
  /** Records for the next host which hosts may have left processes and sockets. */
  recordOwner(own: PreviousHost, previousHosts: readonly PreviousHost[]): Promise<void>;
  /**
   * To be called before each write: acquires a lock that a full disk prevented, and writes the owner that could not be
   * recorded. Rejects if that fails, or if another host has the directory.
   */
  ensureHeld(): Promise<void>;
  /** Releases the lock; nothing is written afterwards. It works synchronously if no write is in progress. */
  release(): Promise<void>;
}

/** Errors of the disk or the system, not of the configuration: a later write may succeed. */
const diskErrorCodes = new Set(['ENOSPC', 'EROFS', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']);

function isDiskError(thrown: unknown): boolean {
  return diskErrorCodes.has((thrown as NodeJS.ErrnoException).code ?? '');
}

const noScope = '0'.repeat(10);

/**
 * Acquires the state directory for this host, also from a host that has ended. The lock is complete before it is linked
 * to its path, so no host reads an incomplete one. On a full or read-only disk the host continues without the lock and
 * acquires it before its first write.
 *
 * @throws PluginError CONFIG_INVALID when another host has it, or when the directory is not usable.
 */
export async function acquireStateLock(directory: string): Promise<StateLock> {
  const path = join(directory, 'host.json');
  try {
    const taken = await acquire(directory, path);
    return createStateLock(directory, path, taken, taken.previousHosts);
  } catch (thrown) {
    if (isPluginError(thrown)) throw thrown;
    if (!isDiskError(thrown)) throw unusable(directory, messageOf(thrown), thrown);
    return createStateLock(directory, path, null, (await readLock(path))?.previousHosts ?? []);
  }
}

/** A lock that this host holds. */
interface HeldLock {
  readonly previousHosts: readonly PreviousHost[];
  readonly stop: () => void;
}

async function acquire(directory: string, path: string): Promise<HeldLock> {
  // Checked before `mkdir`, which would follow another user's symbolic link.
  await refuseUntrusted(directory);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await refuseUntrusted(join(directory, 'plugins'));
  // Another host may acquire it at the same time: the next try then finds that host alive.
  for (let tries = 0; tries < 5; tries += 1) {
    const taken = await tryAcquire(directory, path);
    if (taken !== null) return taken;
  }
  throw unusable(directory, 'other hosts take it at the same time');
}

/** A record in a directory of another user could make this host adopt their process, or write through their link. */
async function refuseUntrusted(directory: string): Promise<void> {
  const reason = await untrustedPathReason(directory);
  if (reason !== null) throw unusable(directory, reason);
}

async function tryAcquire(directory: string, path: string): Promise<HeldLock | null> {
  const livenessFile = join(directory, 'host.alive');
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const before = await readLock(path);
  const previousHosts = before?.previousHosts ?? [];
  // Before any write, which fails on a full disk: the error then says that another host has the directory.
  if (before !== null && isAlive(before.record, livenessFile))
    throw heldByOtherError(directory, before.record);
  try {
    await writeAtomically(draft, render(noScope, previousHosts));
    if (before === null) await link(draft, path);
    else if (!(await replaceStaleLock({ directory, path, livenessFile, draft }, before))) return null;
    return { previousHosts, stop: await createLivenessFile(livenessFile) };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw thrown;
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/**
 * Replaces the lock of a dead host with a draft. A host first links a claim, whose name has the hash of that lock. One
 * host alone can make that link, and no other host replaces that lock while the claim exists. A claim whose host has
 * died is claimed in the same way. `false`: the lock has changed meanwhile.
 */
async function replaceStaleLock(
  {
    directory,
    path,
    livenessFile,
    draft,
  }: Readonly<Record<'directory' | 'path' | 'livenessFile' | 'draft', string>>,
  dead: LockContent,
): Promise<boolean> {
  const claims: string[] = [];
  for (let last: LockContent | null = dead; last !== null; last = await readLock(claims.at(-1) ?? path)) {
    if (isAlive(last.record, livenessFile)) throw heldByOtherError(directory, last.record);
    claims.push(`${path}.after-${createHash('sha256').update(last.text).digest('hex').slice(0, 16)}`);
  }
  const own = claims.at(-1) ?? path;
  await link(draft, own);
  const isUnchanged = (await readLock(path))?.text === dead.text;
  if (isUnchanged) await rename(draft, path);
  for (const claim of isUnchanged ? claims : [own]) await rm(claim, { force: true });
  return isUnchanged;
}

function unusable(directory: string, problem: string, cause?: unknown): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The state directory ${directory} is not usable: ${problem}.`,
    hint: 'Let stateDir name a directory on a local disk to which the user of this host alone may write, as to all directories above it that are not sticky.',
    facts: { stateDir: directory },
    cause,
  });
}

function createStateLock(
  directory: string,
  path: string,
  first: HeldLock | null,
  previousHosts: readonly PreviousHost[],
): StateLock {
  let held = first;
  let pendingText: string | null = null;
  let inProgress: Promise<void> | null = null;
  let isReleased = false;

  const acquireAndWrite = async (): Promise<void> => {
    if (isReleased) throw new Error('the state directory was released');
    held ??= await acquire(directory, path);
    const text = pendingText;
    if (text !== null) await writeAtomically(path, text);
    if (pendingText === text) pendingText = null;
  };
  // One at a time: this host would find itself alive.
  const ensureHeld = async (): Promise<void> => {
    do
      await (inProgress ??= acquireAndWrite().finally(() => {
        inProgress = null;
      }));
    while (pendingText !== null && !isReleased);
  };
  return {
    previousHosts,
    ensureHeld,
    recordOwner(own, others) {
      // A host that has released the lock leaves nothing for the next one.
      if (isReleased) return Promise.resolve();
      pendingText = render(own.scope, [own, ...others]);
      return ensureHeld();
    },
    async release() {
      isReleased = true;
      // A write in progress would create the lock again.
      if (inProgress !== null) await inProgress.catch(() => undefined);
      if (held === null) return;
      try {
        rmSync(path, { force: true });
      } catch {
        // The next host replaces it as the lock of a dead host.
      }
      held.stop();
    },
  };
}

interface LockContent {
  readonly text: string;
  readonly record: HostRecord;
  readonly previousHosts: readonly PreviousHost[];
}

async function readLock(path: string): Promise<LockContent | null> {
  const text = await readSmallText(path, { private: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(path, messageOf(error), error);
  });
  if (text === null) return null;
  const record = parseHostRecord(text);
  if (record !== null) return { text, record, previousHosts: previousHostsIn(text) };
  // A host did not write it: their locks are always complete.
  await setAside(path).catch(() => undefined);
  return null;
}

function render(scope: string, previousHosts: readonly PreviousHost[]): string {
  return `${JSON.stringify({ ...ownHostRecord(scope, 'keep'), previousHosts }, null, 2)}\n`;
}

function previousHostsIn(text: string): readonly PreviousHost[] {
  const { previousHosts } = JSON.parse(text) as { previousHosts?: unknown };
  if (!Array.isArray(previousHosts)) return [];
  return previousHosts.filter(
    (one: Partial<PreviousHost> | null): one is PreviousHost =>
      typeof one?.directory === 'string' && typeof one.scope === 'string' && /^[0-9a-f]{10}$/.test(one.scope),
  );
}

/**
 * In the same pid namespace the pid and its start time decide. A host of an earlier boot has ended. A host in another
 * container that shares the directory is checked by its liveness file.
 */
function isAlive(record: HostRecord, livenessFile: string): boolean {
  if (hostHasEnded(record)) return false;
  const own = identifyProcess(process.pid)?.startTime ?? null;
  if (own !== null && record.startTime !== null && bootOf(own) !== bootOf(record.startTime)) return false;
  return record.namespace === pidNamespace()
    ? identifyProcess(record.pid) !== null
    : mayBeAlive(livenessFile);
}

function heldByOtherError(directory: string, { pid, namespace }: HostRecord): PluginError {
  const where = namespace === pidNamespace() ? '' : ' in another container';
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The state directory ${directory} belongs to another host: process ${pid}${where} has it.`,
    hint: 'Stop that host first, or give this one a stateDir of its own. One host may have one environment in it.',
    facts: { stateDir: directory, pid },
  });
}
