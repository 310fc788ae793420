import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { PluginError, messageOf } from '../../model/index.js';

/** The private directory of one environment, with one directory in it for each generation. */
export interface SocketDirectories {
  readonly root: string;
  /** Makes a directory for one process; `remove` it when the process has ended. */
  make(): SocketDirectory;
  removeAll(): void;
}

export interface SocketDirectory {
  readonly path: string;
  /**
   * Takes charge of the socket that the process has announced, so that it goes with the directory wherever it lies.
   * Answers whether it lies in the directory.
   */
  readonly registerSocket: (socket: string) => boolean;
  /** Lets those reach a socket of the host's own in it who may enter it as a group. Throws what the system says. */
  readonly share: (socket: string) => void;
  readonly remove: () => void;
}

/** Where the directories lie, and who may enter them. */
export interface SocketAccess {
  /** The number of a group that gets them; `null`: the host's own. */
  readonly group: number | null;
  readonly mode: number;
  /** The directory in which they are made; `null`: XDG_RUNTIME_DIR, else one for temporary files. */
  readonly parent: string | null;
}

/**
 * A socket's path holds at most 108 bytes on Linux and 104 on macOS, and Node 20 cuts a longer one silently.
 * This leaves 40 bytes for the names that plugins choose.
 */
const maxDirectoryBytes = 64;

/** What go-plugin gives a socket that it hands to a group. */
const sharedSocketMode = 0o660;

/** Makes a private directory with a path short enough for sockets. */
export function createSocketDirectories(env: NodeJS.ProcessEnv, access: SocketAccess): SocketDirectories {
  const { group, mode, parent } = access;
  const root = makeRoot(parent === null ? [env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp'] : [resolve(parent)]);
  const live = new Set<SocketDirectory>();
  const pendingRemoval = new Set<string>();
  // A host without a file descriptor left cannot look into a directory: it is tried again with the next one.
  const retryRemoval = (): void => {
    for (const path of pendingRemoval) if (tryRemove(path)) pendingRemoval.delete(path);
  };
  let made = 0;
  // Whoever may enter one of the directories has to come through the root, but may not touch what is in it.
  grantAccess(root, group, 0o700 | (mode & 0o070 && 0o010) | (mode & 0o007 && 0o001));
  return {
    root,
    make() {
      retryRemoval();
      made += 1;
      const path = join(root, String(made));
      mkdirSync(path, { mode: 0o700, recursive: true });
      grantAccess(path, group, mode);
      const { ctimeMs } = statSync(path);
      const outsideSockets = new Set<string>();
      const directory: SocketDirectory = {
        path,
        registerSocket(socket) {
          const inside = isIn(path, socket);
          if (!inside) outsideSockets.add(socket);
          return inside;
        },
        share(socket) {
          if (group === null) return;
          chownSync(socket, statSync(socket).uid, group);
          chmodSync(socket, sharedSocketMode);
        },
        remove() {
          live.delete(directory);
          for (const stray of outsideSockets) removeSocket(stray, ctimeMs);
          pendingRemoval.add(path);
          retryRemoval();
        },
      };
      live.add(directory);
      return directory;
    },
    removeAll() {
      for (const directory of live) directory.remove();
      tryRemove(root);
    },
  };
}

function makeRoot(parents: readonly (string | undefined)[]): string {
  const refusals: string[] = [];
  for (const parent of parents) {
    if (parent === undefined || parent === '') continue;
    const prefix = join(parent, 'espalier-');
    if (Buffer.byteLength(prefix) + 12 > maxDirectoryBytes) {
      refusals.push(`${parent} is too long for sockets`);
      continue;
    }
    try {
      return mkdtempSync(prefix);
    } catch (error) {
      refusals.push(messageOf(error));
    }
  }
  throw new PluginError({
    code: 'CONFIG_INVALID',
    message: `No directory for sockets could be made: ${refusals.join('; ')}.`,
    hint: 'Set unixSocket.directory, XDG_RUNTIME_DIR or TMPDIR to a short, writable directory.',
  });
}

function grantAccess(path: string, group: number | null, mode: number): void {
  try {
    if (group !== null) chownSync(path, statSync(path).uid, group);
    // Not by `mkdir`, whose mode the umask narrows.
    chmodSync(path, mode);
  } catch (cause) {
    tryRemove(path);
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
  const place = dirname(resolve(socket));
  if (place === directory) return true;
  try {
    return realpathSync(place) === realpathSync(directory);
  } catch {
    return false;
  }
}

/** Only what is a socket and was made after this moment: a plugin may announce one that is not its own. */
function removeSocket(path: string, since: number): void {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats?.isSocket() === true && stats.ctimeMs >= since) tryRemove(path);
}

/** Removes a file or a directory with all that is in it, and answers whether it is gone. What stays, a sweep finds. */
function tryRemove(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
