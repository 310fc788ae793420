import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system of its own that can be filled without harm to other programs. */
export interface SmallDisk {
  /** The path for commands started with `wrapper`. */
  readonly path: string;
  /** The path for all other processes. */
  readonly view: string;
  /** The command line prefix that joins the mount namespace; it execs the command. */
  readonly wrapper: readonly string[];
  /** Writes until no space is left. */
  fill(): void;
  /** Frees the space again. */
  free(): void;
  remove(): void;
}

const sizeBytes = 1024 * 1024;
/** A larger tmpfs would take memory that other programs need. */
const maxSharedBytes = 256 * 1024 * 1024;
const tmpfsMagic = 0x01021994;

/** Options of `unshare` and `nsenter`: as root, or with a user namespace. The mount ends with the last process in it. */
const namespaces: readonly { readonly make: readonly string[]; readonly join: readonly string[] }[] = [
  { make: ['--mount'], join: ['--mount'] },
  {
    make: ['--user', '--map-root-user', '--mount'],
    join: ['--user', '--preserve-credentials', '--mount'],
  },
];

/**
 * Mounts a tmpfs of 1 MiB in a mount namespace of its own. In a container that may not mount, the small tmpfs of shared
 * memory is used instead. Throws where neither is possible: ENOSPC cannot be injected into a directory otherwise.
 */
export async function makeSmallDisk(home: string): Promise<SmallDisk> {
  const path = join(home, 'disk');
  mkdirSync(path);
  const failures: string[] = [];
  for (const { make, join: into } of namespaces) {
    const holder = await holdNamespace(make, path);
    if (typeof holder === 'string') {
      failures.push(`unshare ${make.join(' ')}: ${holder.trim()}`);
      continue;
    }
    const wrapper = ['nsenter', '--target', String(holder.pid), ...into, '--wd', '--'];
    return {
      path,
      view: `/proc/${holder.pid}/root${path}`,
      wrapper,
      ...fillOperations(`/proc/${holder.pid}/root${path}`, holder.end),
    };
  }
  const shared = sharedMemory();
  if (shared !== null) {
    const remove = (): void => {
      rmSync(shared, { recursive: true, force: true });
    };
    return { path: shared, view: shared, wrapper: [], ...fillOperations(shared, remove) };
  }
  throw new Error(
    `No small disk can be made here. A container needs --cap-add SYS_ADMIN, or a tmpfs of at most 256 MiB at /dev/shm. ${failures.join('; ')}`,
  );
}

/** Whether a small disk can be made on this machine. */
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

/** Starts a process that keeps the namespace and its mount alive; returns the error text of `unshare` when it fails. */
async function holdNamespace(
  make: readonly string[],
  path: string,
): Promise<string | { readonly pid: number; readonly end: () => void }> {
  const script = `mount -t tmpfs -o size=${sizeBytes},mode=700 small "$1" && echo mounted && exec cat`;
  const child = spawn('unshare', [...make, 'sh', '-c', script, 'hold', path]);
  let errorText = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errorText += chunk.toString();
  });
  const isMounted = await Promise.race([
    once(child.stdout, 'data').then(() => true),
    once(child, 'close').then(
      () => false,
      (error: unknown) => {
        errorText = String(error);
        return false;
      },
    ),
  ]);
  if (!isMounted || child.pid === undefined) return errorText;
  return { pid: child.pid, end: () => child.kill('SIGKILL') };
}

function sharedMemory(): string | null {
  try {
    const { type, blocks, bsize } = statfsSync('/dev/shm');
    return type === tmpfsMagic && blocks * bsize <= maxSharedBytes
      ? mkdtempSync('/dev/shm/small-disk-')
      : null;
  } catch {
    return null;
  }
}

function fillOperations(view: string, remove: () => void): Pick<SmallDisk, 'fill' | 'free' | 'remove'> {
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
