import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { relative } from 'node:path';
import {
  formatChecksum,
  parseLockFile,
  renderLockFile,
  type ChecksumAlgorithm,
  type ScannedBundle,
} from '../../bundle/index.js';
import { messageOf, PluginError, type Bundle, type Checksums, type LockFile } from '../../model/index.js';
import { resolveEntry } from '../bundle/entry.js';
import { readSmallText } from '../files/read-small-file.js';
import { hashBundle } from './hash-bundle.js';
import { hashFile } from './hash-file.js';

/** What the checksums of a lock file cover, and their algorithm. */
export interface LockFileOptions {
  /** Pin whole bundles, instead of their manifests and entries. Default: no. */
  readonly bundle?: boolean | undefined;
  /** Default: sha256. */
  readonly algorithm?: ChecksumAlgorithm | undefined;
}

/** Ten thousand plugins with two checksums each fit into less. */
const maxLockFileBytes = 8 * 1024 * 1024;

/** Reads a lock file. Rejects with CONFIG_INVALID. */
export async function readLockFile(path: string): Promise<LockFile> {
  const text = await readSmallText(path, { maxBytes: maxLockFileBytes }).catch((cause: unknown) => {
    throw new PluginError({
      code: 'CONFIG_INVALID',
      message: `The lock file ${path} cannot be read: ${messageOf(cause)}`,
      hint: 'Make it with `espalier lock` on the plugin directory.',
      facts: { file: path },
      cause,
    });
  });
  return parseLockFile(text, path);
}

/** Writes a lock file atomically: a concurrent reader gets the old content or the new content. */
export async function writeLockFile(path: string, lock: LockFile): Promise<void> {
  const draft = `${path}.${randomBytes(6).toString('hex')}.draft`;
  try {
    const file = await open(draft, 'wx', 0o644);
    try {
      await file.writeFile(renderLockFile(lock));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (thrown) {
    await rm(draft, { force: true });
    throw thrown;
  }
}

/** The checksums of a bundle as it is now. */
export async function computeChecksums(bundle: Bundle, options: LockFileOptions): Promise<Checksums> {
  const { algorithm = 'sha256' } = options;
  if (options.bundle === true) {
    return { files: {}, bundle: formatChecksum({ algorithm, hex: await hashBundle(bundle, algorithm) }) };
  }
  const files: Record<string, string> = {};
  // The manifest as well: its arguments and variables decide what an untouched script does.
  for (const file of [relative(bundle.directory, bundle.manifestPath), bundle.entry]) {
    const hex = await hashFile(await resolveEntry(bundle.directory, file), algorithm);
    files[file] = formatChecksum({ algorithm, hex });
  }
  return { files };
}

/** A bundle under a lock: with the checksums that it must have, or refused if the lock does not know it. */
export function applyLockFile(found: ScannedBundle, lock: LockFile, file: string): ScannedBundle {
  if (!found.ok) return found;
  const { id, bundle } = found;
  const locked = Object.hasOwn(lock.plugins, id) ? lock.plugins[id] : undefined;
  if (locked !== undefined) return { ...found, bundle: { ...bundle, lockedChecksums: locked } };
  const error = new PluginError({
    code: 'CHECKSUM_MISMATCH',
    plugin: id,
    phase: 'manifest',
    message: `The lock file ${file} does not know the plugin ${id}.`,
    hint: 'If you trust the plugin, take it up with `espalier lock`.',
    facts: { file: bundle.directory, expected: null, actual: null, lockFile: file },
  });
  return { ok: false, id, directory: bundle.directory, error };
}
