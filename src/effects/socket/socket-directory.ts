import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PluginError, messageOf } from '../../model/index.js';
import { fileLimits } from '../../model/limits.js';
import { removeDirectory, removeDirectorySync } from '../files/remove-directory.js';

/** The private directory of one environment, with one directory in it for each process. */
export interface SocketDirectories {
  /** Its absolute path. */
  readonly root: string;
  /** Makes a directory for one process; `remove` it when the process has ended. */
  make(): SocketDirectory;
  /** Removes the root with everything in it; gives up what takes longer than the limit. */
  removeAll(): Promise<void>;
  /** The same at the end of a process, when nothing asynchronous runs any more. */
  removeAllNow(): void;
}

/** The directory of one process. */
export interface SocketDirectory {
  readonly path: string;
  /** Registers the socket that the process has announced, so that it is removed with the directory wherever it is. */
  readonly registerSocket: (socket: string) => void;
  /** Whether a registered socket is outside the directory and was not reported before. */
  readonly reportOutside: (socket: string) => boolean;
  /** Gives a socket of the host in it to the group of the directory, if there is one. Throws the error of the system. */
  readonly share: (socket: string) => void;
  /** Removes it with everything in it, beside other work; retried with the next removal where the system refuses. */
  readonly remove: () => void;
}

/** Where the directories are, and which users may enter them. */
export interface SocketAccess {
  /** The number of the group that owns them; `null`: that of the host. */
  readonly group: number | null;
  /** The mode of each directory. */
  readonly mode: number;
  /** The directory in which they are made; `null`: XDG_RUNTIME_DIR, else one for temporary files. */
  readonly parent: string | null;
}

/**
 * The path of a socket has at most 108 bytes on Linux and 104 on macOS, and Node 20 truncates a longer one silently.
 * This limit leaves 40 bytes for the names that plugins choose.
 */
const maxDirectoryBytes = 64;

/** The mode that go-plugin sets on a socket for a group. */
const sharedSocketMode = 0o660;

/** Makes a private directory with a path short enough for sockets. Throws CONFIG_INVALID where that is impossible. */
export function createSocketDirectories(env: NodeJS.ProcessEnv, access: SocketAccess): SocketDirectories {
  const { group, mode, parent } = access;
  const root = makeRoot(parent === null ? [env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'] : [resolve(parent)]);
  const live = new Set<SocketDirectory>();
  const pendingRemoval = new Set<string>();
  let removing = Promise.resolve();
  let removalEnd = Infinity;
  const isOver = (): boolean => performance.now() > removalEnd;
  const retryRemoval = async (): Promise<void> => {
    for (const path of pendingRemoval) if (await removeDirectory(path, isOver)) pendingRemoval.delete(path);
  };
  const removeLater = (...paths: readonly string[]): Promise<void> => {
    for (const path of paths) pendingRemoval.add(path);
    removing = removing.then(retryRemoval);
    return removing;
  };
  let made = 0;
  // Users that may enter one of the directories need to pass the root, but may not list or change it.
  grantAccess(root, group, 0o700 | (mode & 0o070 && 0o010) | (mode & 0o007 && 0o001));
  return {
    root,
    make() {
      if (pendingRemoval.size > 0) void removeLater();
      made += 1;
      const path = join(root, String(made));
      mkdirSync(path, { mode: 0o700, recursive: true });
      grantAccess(path, group, mode);
      const { ctimeMs } = statSync(path);
      const outsideSockets = new Set<string>();
      const reported = new Set<string>();
      const directory: SocketDirectory = {
        path,
        registerSocket(socket) {
          if (!isIn(path, socket)) outsideSockets.add(socket);
        },
        reportOutside(socket) {
          const isNew = outsideSockets.has(socket) && !reported.has(socket);
          if (isNew) reported.add(socket);
          return isNew;
        },
        share(socket) {
          if (group === null) return;
          chownSync(socket, statSync(socket).uid, group);
          chmodSync(socket, sharedSocketMode);
        },
        remove() {
          live.delete(directory);
          for (const socket of outsideSockets) removeSocket(socket, ctimeMs);
          // Most have a file or two; a host without a free file descriptor cannot list them, and tries again.
          if (!removeDirectorySync(path, fileLimits.removedAtOnce)) void removeLater(path);
        },
      };
      live.add(directory);
      return directory;
    },
    async removeAll() {
      removalEnd = performance.now() + fileLimits.lastRemovalMs;
      for (const directory of live) directory.remove();
      if (!removeDirectorySync(root, fileLimits.removedAtOnce)) await removeLater(root);
    },
    removeAllNow() {
      removalEnd = -Infinity;
      for (const directory of live) directory.remove();
      removeDirectorySync(root, fileLimits.removedAtExit);
    },
  };
}

function makeRoot(parents: readonly (string | undefined)[]): string {
  const problems: string[] = [];
  for (const parent of parents) {
    if (parent === undefined || parent === '') continue;
    const prefix = join(parent, 'espalier-');
    if (Buffer.byteLength(prefix) + 12 > maxDirectoryBytes) {
      problems.push(`${parent} is too long for sockets`);
      continue;
    }
    try {
      return mkdtempSync(prefix);
    } catch (error) {
      problems.push(messageOf(error));
    }
  }
  throw new PluginError({
    code: 'CONFIG_INVALID',
    message: `No directory for sockets could be made: ${problems.join('; ')}.`,
    hint: 'Set unixSocket.directory, XDG_RUNTIME_DIR or TMPDIR to a short, writable directory.',
  });
}

function grantAccess(path: string, group: number | null, mode: number): void {
  try {
    if (group !== null) chownSync(path, statSync(path).uid, group);
    // Not in `mkdir`, whose mode the umask reduces.
    chmodSync(path, mode);
  } catch (cause) {
    removeDirectorySync(path, 1);
    throw new PluginError({
      code: 'CONFIG_INVALID',
      message: `The directory for sockets could not be given to the group ${group ?? 'of the host'}: ${messageOf(cause)}.`,
      hint: 'The user that runs the host has to be a member of unixSocket.group.',
      facts: { path, group, mode },
      cause,
    });
  }
}

function isIn(directory: string, socket: string): boolean {
  const parent = dirname(resolve(socket));
  if (parent === directory) return true;
  try {
    return realpathSync(parent) === realpathSync(directory);
  } catch {
    return false;
  }
}

/** Removes only a socket that was made after `since`: a plugin may announce the path of another process's file. */
function removeSocket(path: string, since: number): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSocket() === true && stats.ctimeMs >= since) removeDirectorySync(path, 1);
}
