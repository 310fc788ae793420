import { join, resolve } from 'node:path';
import {
  readLockfile,
  scanBundles,
  computeChecksums,
  applyLockfile,
  verifyChecksums,
  writeLockfile,
  type LockfileOptions,
} from '../../effects/index.js';
import {
  isPluginError,
  messageOf,
  PluginError,
  type Bundle,
  type Checksums,
  type LockFile,
} from '../../model/index.js';

/** The lock file of a plugin directory, where no other is named. */
export const lockFileName = 'plugins.lock.json';

/** How one plugin stands to its lock. */
export type LockOutcome =
  | { readonly outcome: 'locked'; readonly plugin: string; readonly checksums: Checksums }
  | { readonly outcome: 'verified'; readonly plugin: string }
  | { readonly outcome: 'failed'; readonly plugin: string; readonly error: PluginError };

export interface LockDirectoryOptions extends LockfileOptions {
  /** The lock file. Default: `plugins.lock.json` in the directory. */
  readonly file?: string | undefined;
}

/**
 * Takes the checksums of every bundle in a directory and writes them to its lock file. When one bundle cannot be
 * locked, nothing is written: a lock that lacks a plugin keeps it from being started.
 *
 * @throws PluginError CONFIG_INVALID when the directory cannot be read or the file not be written.
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
    await writeLock(lockFilePathOf(directory, options), { version: 1, plugins });
  }
  return outcomes;
}

/**
 * Compares every bundle in a directory with its lock file, and starts nothing. A plugin that only one of them knows
 * has failed.
 *
 * @throws PluginError CONFIG_INVALID when the directory or the lock file cannot be used.
 */
export async function checkLockFile(
  directory: string,
  options: Pick<LockDirectoryOptions, 'file'> = {},
): Promise<readonly LockOutcome[]> {
  const file = lockFilePathOf(directory, options);
  const lock = await readLockfile(file);
  const scanned = await scanBundles(directory);
  const outcomes: LockOutcome[] = [];
  for (const found of scanned.map((bundle) => applyLockfile(bundle, lock, file))) {
    const outcome = await outcomeOf(found.id, async () => {
      if (!found.ok) throw found.error;
      await verifyChecksums(found.bundle, commandOf(found.bundle));
      return { outcome: 'verified', plugin: found.id };
    });
    outcomes.push(outcome);
  }
  const present = new Set(scanned.map(({ id }) => id));
  const gone = Object.keys(lock.plugins).filter((id) => !present.has(id));
  return [
    ...outcomes,
    ...gone.map((id): LockOutcome => ({
      outcome: 'failed',
      plugin: id,
      error: missingPluginError(id, file),
    })),
  ];
}

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
    const error = isPluginError(thrown)
      ? thrown.with({ plugin })
      : new PluginError({ code: 'INTERNAL', plugin, message: messageOf(thrown), cause: thrown });
    return { outcome: 'failed', plugin, error };
  }
}

async function writeLock(file: string, lock: LockFile): Promise<void> {
  await writeLockfile(file, lock).catch((cause: unknown) => {
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
    message: `The plugin ${plugin} of the lock file ${file} is gone.`,
    hint: 'Install it again, or make the lock anew with `espalier lock`.',
    facts: { file, expected: plugin, actual: null },
  });
}
