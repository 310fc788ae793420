import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { link, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isPluginError, messageOf, PluginError } from '../../model/index.js';
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
import { writeAtomically } from './write-atomically.js';

/** A host that is gone, and may have left processes and sockets. */
export interface PreviousHost {
  /** The first part of the tokens of its plugins. */
  readonly scope: string;
  /** The private directory of its sockets. */
  readonly directory: string;
}

/** The state directory is this host's. */
export interface StateLock {
  readonly previousHosts: readonly PreviousHost[];
  /** Tells whoever comes after this host what it may leave. */
  recordOwner(own: PreviousHost, previousHosts: readonly PreviousHost[]): Promise<void>;
  /**
   * Comes before each write: a host that had to go on without the lock takes it as soon as it can, and what could not be
   * noted is. Rejects where neither can be, or where the directory is another host's by now.
   */
  ensureHeld(): Promise<void>;
  /** Nothing is written afterwards. Done at once where nothing is being written. */
  release(): Promise<void>;
}

/** What could not be written, though it is nobody's mistake: the disk. */
const diskErrorCodes = new Set(['ENOSPC', 'EROFS', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']);

function isDiskError(thrown: unknown): boolean {
  return diskErrorCodes.has((thrown as NodeJS.ErrnoException).code ?? '');
}

const noScope = '0'.repeat(10);

/**
 * Takes a state directory for this host, also from one that is dead. The lock is linked to its place whole, so nobody
 * reads half of one. On a disk that is full or cannot be written to, the host goes on without, and takes it before it
 * first writes.
 *
 * @throws PluginError CONFIG_INVALID when another host has it, or when it can be no directory.
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

/** The lock, while it is this host's. */
interface HeldLock {
  readonly previousHosts: readonly PreviousHost[];
  readonly stop: () => void;
}

async function acquire(directory: string, path: string): Promise<HeldLock> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // Some other host may take it over at the same moment: then the next look finds that one alive.
  for (let tries = 0; tries < 5; tries += 1) {
    const taken = await tryAcquire(directory, path);
    if (taken !== null) return taken;
  }
  throw unusable(directory, 'other hosts take it at the same time');
}

async function tryAcquire(directory: string, path: string): Promise<HeldLock | null> {
  const livenessFile = join(directory, 'host.alive');
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  const before = await readLock(path);
  const predecessors = before?.previousHosts ?? [];
  // Before anything is written: on a full disk, too, somebody may live here.
  if (before !== null && isAlive(before.record, livenessFile))
    throw heldByOtherError(directory, before.record);
  try {
    await writeAtomically(draft, render(noScope, predecessors));
    if (before === null) await link(draft, path);
    else if (!(await replaceStaleLock({ directory, path, pulse: livenessFile, draft }, before))) return null;
    return { previousHosts: predecessors, stop: await createLivenessFile(livenessFile) };
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw thrown;
  } finally {
    await rm(draft, { force: true }).catch(() => undefined);
  }
}

/**
 * Puts a draft in the place of a dead host's lock. Whoever does so first claims to come after that very lock, by a link
 * that only one can make, and looks again: as long as that claim stands, nobody else changes what it comes after. One
 * who dies with a claim is succeeded in the same way. `false`: the lock is another one by now.
 */
async function replaceStaleLock(
  { directory, path, pulse, draft }: Readonly<Record<'directory' | 'path' | 'pulse' | 'draft', string>>,
  dead: LockContent,
): Promise<boolean> {
  const claims: string[] = [];
  for (let last: LockContent | null = dead; last !== null; last = await readLock(claims.at(-1) ?? path)) {
    if (isAlive(last.record, pulse)) throw heldByOtherError(directory, last.record);
    claims.push(`${path}.after-${createHash('sha256').update(last.text).digest('hex').slice(0, 16)}`);
  }
  const own = claims.at(-1) ?? path;
  await link(draft, own);
  const isStillIt = (await readLock(path))?.text === dead.text;
  if (isStillIt) await rename(draft, path);
  for (const claim of isStillIt ? claims : [own]) await rm(claim, { force: true });
  return isStillIt;
}

function unusable(directory: string, problem: string, cause?: unknown): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The state directory ${directory} is not usable: ${problem}.`,
    hint: 'Let stateDir name a directory on a local disk that the user of this host may write to.',
    facts: { stateDir: directory },
    cause,
  });
}

function createStateLock(
  directory: string,
  path: string,
  first: HeldLock | null,
  predecessors: readonly PreviousHost[],
): StateLock {
  let held = first;
  let pendingText: string | null = null;
  let inProgress: Promise<void> | null = null;
  let isReleased = false;

  const acquireAndWrite = async (): Promise<void> => {
    if (isReleased) throw new Error('the state directory was let go of');
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
    previousHosts: predecessors,
    ensureHeld,
    recordOwner(own, others) {
      // Nobody comes after a host that has let go.
      if (isReleased) return Promise.resolve();
      pendingText = render(own.scope, [own, ...others]);
      return ensureHeld();
    },
    async release() {
      isReleased = true;
      // Who is just writing would put the lock in its place again.
      if (inProgress !== null) await inProgress.catch(() => undefined);
      if (held === null) return;
      try {
        rmSync(path, { force: true });
      } catch {
        // It is the lock of a dead host, then, as soon as this one has ended.
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
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw unusable(path, messageOf(error), error);
  });
  if (text === null) return null;
  const record = parseHostRecord(text);
  if (record !== null) return { text, record, previousHosts: previousHostsIn(text) };
  // It can be no host's: theirs are there whole or not at all.
  await setAside(path).catch(() => undefined);
  return null;
}

function render(scope: string, predecessors: readonly PreviousHost[]): string {
  return `${JSON.stringify({ ...ownHostRecord(scope, 'keep'), predecessors }, null, 2)}\n`;
}

function previousHostsIn(text: string): readonly PreviousHost[] {
  const { predecessors } = JSON.parse(text) as { predecessors?: unknown };
  if (!Array.isArray(predecessors)) return [];
  return predecessors.filter(
    (one: Partial<PreviousHost> | null): one is PreviousHost =>
      typeof one?.directory === 'string' && typeof one.scope === 'string' && /^[0-9a-f]{10}$/.test(one.scope),
  );
}

/**
 * Where pids are comparable, the pid and its start time tell. After another boot nobody is left. In another container
 * over the same directory only the pulse tells.
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
