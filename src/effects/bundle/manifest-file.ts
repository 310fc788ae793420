import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { isPluginError, messageOf, PluginError } from '../../model/index.js';
import { readSmallFile } from '../files/read-small-file.js';

const manifestNames = ['plugin.json', 'plugin.yaml', 'plugin.yml'];

/** The names of the manifests in a directory. Rejects when it cannot be looked into. */
export async function findManifests(directory: string): Promise<string[]> {
  const present = await Promise.all(manifestNames.map((name) => isPresent(join(directory, name))));
  return manifestNames.filter((_, index) => present[index]);
}

/**
 * The path of a bundle's one manifest. Two of them are refused: a person who edits the one that is not read
 * would wait for an effect for ever.
 */
export async function findManifest(directory: string): Promise<string> {
  const [name, ...others] = await findManifests(directory);
  if (name === undefined) {
    throw refuse(
      `There is no manifest in ${directory}: none of ${manifestNames.join(', ')} is there.`,
      'Name a directory that holds a plugin.json, plugin.yaml or plugin.yml.',
    );
  }
  if (others.length > 0) {
    throw refuse(
      `${directory} has more than one manifest: ${[name, ...others].join(', ')}.`,
      'Keep one of them, and remove the others.',
    );
  }
  return join(directory, name);
}

/** The text of a manifest. Rejects with MANIFEST_INVALID unless it is a file of at most 1 MiB in UTF-8. */
export async function readManifestText(path: string): Promise<string> {
  const bytes = await readSmallFile(path).catch((thrown: unknown) => {
    throw isPluginError(thrown) ? thrown.with({ code: 'MANIFEST_INVALID', phase: 'manifest' }) : thrown;
  });
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw refuse(`${path} is not UTF-8 text.`, 'Save the manifest in UTF-8.', cause);
  }
}

async function isPresent(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    if (isMissing(thrown)) return false;
    throw thrown;
  }
}

/** Whether a file operation failed because there is nothing of that name. */
export function isMissing(thrown: unknown): boolean {
  // Not by `instanceof`: in a test runner's realm Node's own errors are of another class.
  const { code } = thrown as NodeJS.ErrnoException;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Why a directory is no bundle. */
export function refuse(message: string, hint: string, cause?: unknown): PluginError {
  return new PluginError({ code: 'MANIFEST_INVALID', message, hint, phase: 'manifest', cause });
}

/** A failed file operation as an error of the bundle. */
export function unreadable(path: string, thrown: unknown): PluginError {
  return refuse(
    `${path} cannot be read: ${messageOf(thrown)}`,
    'Check the path, its permissions and its links.',
    thrown,
  );
}
