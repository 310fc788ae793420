import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PluginError, messageOf } from '../model/index.js';

/** The private directory of one environment, with one directory in it for each generation. */
export interface SocketDirectories {
  readonly root: string;
  /** Makes a directory for one process; `remove` it when the process has ended. */
  make(): { readonly path: string; readonly remove: () => void };
  removeAll(): void;
}

/**
 * A socket's path holds at most 108 bytes on Linux and 104 on macOS, and Node 20 cuts a longer one silently.
 * This leaves 40 bytes for the names that plugins choose.
 */
const longestDirectory = 64;

/** Makes a private directory (mode 0700) with a path short enough for sockets. */
export function createSocketDirectories(env: NodeJS.ProcessEnv): SocketDirectories {
  const root = makeRoot([env['XDG_RUNTIME_DIR'], tmpdir(), '/tmp']);
  let made = 0;
  return {
    root,
    make() {
      made += 1;
      const path = join(root, String(made));
      mkdirSync(path, { mode: 0o700, recursive: true });
      return {
        path,
        remove: () => {
          remove(path);
        },
      };
    },
    removeAll: () => {
      remove(root);
    },
  };
}

function makeRoot(parents: readonly (string | undefined)[]): string {
  const refusals: string[] = [];
  for (const parent of parents) {
    if (parent === undefined || parent === '') continue;
    const prefix = join(parent, 'espalier-');
    if (Buffer.byteLength(prefix) + 12 > longestDirectory) {
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
    hint: 'Set TMPDIR or XDG_RUNTIME_DIR to a short, writable directory.',
  });
}

function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
}
