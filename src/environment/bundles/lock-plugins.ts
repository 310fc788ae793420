import { join, resolve } from 'node:path';
import {
  readLockFile,
  scanBundles,
  computeChecksums,
  applyLockFile,
  verifyChecksums,
  writeLockFile,
  type LockFileOptions,
} from '../../effects/index.js';
import {
  messageOf,
  PluginError,
  toPluginError,
  type Bundle,
  type Checksums,
  type LockFile,
} from '../../model/index.js';

/** The default name of the lock file in a plugin directory. */
export const lockFileName = 'plugins.lock.json';

/** The result of locking one plugin, or of comparing it with the lock file. */
export type LockOutcome =
  | { readonly outcome: 'locked'; readonly plugin: string; readonly checksums: Checksums }
  | { readonly outcome: 'verified'; readonly plugin: string }
  | { readonly outcome: 'failed'; readonly plugin: string; readonly error: PluginError };

/** Options of {@link lockPlugins}. */
export interface LockDirectoryOptions extends LockFileOptions {
  /** The path of the lock file. Default: `plugins.lock.json` in the directory. */
  readonly file?: string | undefined;
}

/**
 * Computes the checksums of every bundle in a directory and writes them to its lock file. When one bundle cannot be
 * locked, nothing is written, because a plugin that is missing in the lock file cannot be started.
 *
 * @throws PluginError CONFIG_INVALID when the directory cannot be read or the file cannot be written.
 */
export async function lockPlugins(
  directory: string,
  options: LockDirectoryOptions = {},
): Promise<readonly LockOutcome[]> {
  const plugins: Record<string, Checksums> = {};
  const outcomes: LockOutcome[] = [];
  for (const found of await scanBundles(directory)) {
    const outcome = await outcomeOf(found.id, async () => {
      if (!found.ok) throw found.error;
      const checksums = await computeChecksums(found.bundle, options);
      plugins[found.id] = checksums;
      return { outcome: 'locked', plugin: found.id, checksums };
    });
    outcomes.push(outcome);
  }
  if (outcomes.every(({ outcome }) => outcome !== 'failed')) {
    await saveLockFile(lockFilePathOf(directory, options), { version: 1, plugins });
  }
  return outcomes;
}

/**
 * Compares every bundle in a directory with its lock file; starts nothing. A plugin that is only in the directory or
 * only in the lock file has failed.
 *
 * @throws PluginError CONFIG_INVALID when the directory or the lock file cannot be used.
 */
export async function checkLockFile(
  directory: string,
  options: Pick<LockDirectoryOptions, 'file'> = {},
): Promise<readonly LockOutcome[]> {
  const file = lockFilePathOf(directory, options);
  const lockFile = await readLockFile(file);
  const scanned = await scanBundles(directory);
  const outcomes: LockOutcome[] = [];
  for (const found of scanned.map((bundle) => applyLockFile(bundle, lockFile, file))) {
    const outcome = await outcomeOf(found.id, async () => {
      if (!found.ok) throw found.error;
      await verifyChecksums(found.bundle, commandOf(found.bundle));
      return { outcome: 'verified', plugin: found.id };
    });
    outcomes.push(outcome);
  }
  const present = new Set(scanned.map(({ id }) => id));
  const missing = Object.keys(lockFile.plugins).filter((id) => !present.has(id));
  return [
    ...outcomes,
    ...missing.map((id): LockOutcome => ({
      outcome: 'failed',
      plugin: id,
      error: missingPluginError(id, file),
    })),
  ];
}

/** The absolute path of the lock file of a plugin directory. */
export function lockFilePathOf(directory: string, { file }: Pick<LockDirectoryOptions, 'file'> = {}): string {
  return file === undefined ? join(resolve(directory), lockFileName) : resolve(file);
}

function commandOf({ directory, entry }: Bundle): string {
  return join(directory, entry);
}

async function outcomeOf(plugin: string, attempt: () => Promise<LockOutcome>): Promise<LockOutcome> {
  try {
    return await attempt();
  } catch (thrown) {
    return { outcome: 'failed', plugin, error: toPluginError(thrown, { plugin }) };
  }
}

async function saveLockFile(file: string, lockFile: LockFile): Promise<void> {
  await writeLockFile(file, lockFile).catch((cause: unknown) => {
    throw new PluginError({
      code: 'CONFIG_INVALID',
      message: `The lock file ${file} cannot be written: ${messageOf(cause)}`,
      hint: 'Check the permissions of its directory, or name another file.',
      facts: { file },
      cause,
    });
  });
}

function missingPluginError(plugin: string, file: string): PluginError {
  return new PluginError({
    code: 'CHECKSUM_MISMATCH',
    plugin,
    message: `Plugin ${plugin} is in the lock file ${file}, but its bundle is missing.`,
    hint: 'Install the bundle again, or write the lock file again with `espalier lock`.',
    facts: { file, expected: plugin, actual: null },
  });
}
