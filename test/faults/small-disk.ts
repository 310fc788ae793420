import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A disk of its own, so small that it can be filled without doing anybody else harm. */
export interface SmallDisk {
  /** Where the commands that are to see it do. */
  readonly path: string;
  /** Where everybody else does. */
  readonly view: string;
  /** What goes before such a command. It is the same process afterwards. */
  readonly enter: readonly string[];
  /** Takes every byte that is left. */
  fill(): void;
  free(): void;
  remove(): void;
}

const sizeBytes = 1024 * 1024;
/** Whoever fills a larger one takes memory that others need. */
const mostShared = 256 * 1024 * 1024;
const tmpfsMagic = 0x01021994;

/** The privileged way, and that of a user who may make namespaces. What is mounted goes with the last process in them. */
const ways: readonly { readonly make: readonly string[]; readonly join: readonly string[] }[] = [
  { make: ['--mount'], join: ['--mount'] },
  {
    make: ['--user', '--map-root-user', '--mount'],
    join: ['--user', '--preserve-credentials', '--mount'],
  },
];

/**
 * Makes a tmpfs of 1 MiB in a mount namespace of its own. A container that may mount nothing has a small tmpfs for
 * shared memory, which is filled in its place. Throws where there is neither: nothing else than a file system that is
 * full says ENOSPC about a directory, and a fault that is left out would be taken for one that was survived.
 */
export async function makeSmallDisk(home: string): Promise<SmallDisk> {
  const path = join(home, 'disk');
  mkdirSync(path);
  const refusals: string[] = [];
  for (const { make, join: into } of ways) {
    const held = await hold(make, path);
    if (typeof held === 'string') {
      refusals.push(`unshare ${make.join(' ')}: ${held.trim()}`);
      continue;
    }
    const enter = ['nsenter', '--target', String(held.pid), ...into, '--wd', '--'];
    return {
      path,
      view: `/proc/${held.pid}/root${path}`,
      enter,
      ...filling(`/proc/${held.pid}/root${path}`, held.end),
    };
  }
  const shared = sharedMemory();
  if (shared !== null) {
    const remove = (): void => {
      rmSync(shared, { recursive: true, force: true });
    };
    return { path: shared, view: shared, enter: [], ...filling(shared, remove) };
  }
  throw new Error(
    `No disk can be filled here. A container needs --cap-add SYS_ADMIN, or a tmpfs of at most 256 MiB at /dev/shm. ${refusals.join('; ')}`,
  );
}

/** Whether this machine lets a disk be filled. */
export async function canMakeSmallDisk(): Promise<boolean> {
  const home = mkdtempSync(join(tmpdir(), 'disk-'));
  try {
    const disk = await makeSmallDisk(home);
    disk.remove();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** A process that keeps a namespace with the disk in it for as long as this one lives; or why there cannot be one. */
async function hold(
  make: readonly string[],
  path: string,
): Promise<string | { readonly pid: number; readonly end: () => void }> {
  const script = `mount -t tmpfs -o size=${sizeBytes},mode=700 small "$1" && echo there && exec cat`;
  const holder = spawn('unshare', [...make, 'sh', '-c', script, 'hold', path]);
  let complaint = '';
  holder.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString();
  });
  const isThere = await Promise.race([
    once(holder.stdout, 'data').then(() => true),
    once(holder, 'close').then(
      () => false,
      (error: unknown) => {
        complaint = String(error);
        return false;
      },
    ),
  ]);
  if (!isThere || holder.pid === undefined) return complaint;
  return { pid: holder.pid, end: () => holder.kill('SIGKILL') };
}

function sharedMemory(): string | null {
  try {
    const { type, blocks, bsize } = statfsSync('/dev/shm');
    return type === tmpfsMagic && blocks * bsize <= mostShared ? mkdtempSync('/dev/shm/small-disk-') : null;
  } catch {
    return null;
  }
}

function filling(view: string, remove: () => void): Pick<SmallDisk, 'fill' | 'free' | 'remove'> {
  const ballast = join(view, 'ballast');
  return {
    fill() {
      const chunk = Buffer.alloc(64 * 1024);
      const file = openSync(ballast, 'a');
      try {
        for (;;) writeSync(file, chunk);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      } finally {
        closeSync(file);
      }
    },
    free: () => {
      rmSync(ballast, { force: true });
    },
    remove,
  };
}
