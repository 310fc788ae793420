import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readBundle } from '../../../src/effects/bundle/index.js';
import type { Bundle } from '../../../src/model/index.js';

export interface Place {
  /** Absolute, links resolved. */
  readonly path: (...parts: string[]) => string;
  /** Writes a file, and the directories above it. */
  readonly write: (name: string, text?: string, mode?: number) => string;
}

/** A directory of its own for each test of the file, gone after it. */
export function useTempDirectory(): Place {
  let root = '';
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'espalier-bundle-')));
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });
  const path = (...parts: string[]): string => join(root, ...parts);
  return {
    path,
    write(name, text = '', mode = 0o644) {
      mkdirSync(dirname(path(name)), { recursive: true });
      writeFileSync(path(name), text);
      chmodSync(path(name), mode);
      return path(name);
    },
  };
}

/** The text of a manifest that runs `plugin.py`, unless `fields` say otherwise. */
export function manifest(id: string, fields: object = {}): string {
  return JSON.stringify({ id, server: { executable: 'plugin.py' }, ...fields });
}

export async function openBundle(directory: string): Promise<Bundle> {
  const read = await readBundle(directory);
  if (!read.ok) throw read.error;
  return read.bundle;
}

/** What a promise rejects with. */
export async function rejectionOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (thrown) {
    return thrown;
  }
  throw new Error('it did not reject');
}

/** Whether no process of this id runs; one that only waits to be buried is gone. */
export function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
