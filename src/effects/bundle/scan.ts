import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { rejectDuplicates, type FoundBundle, type ScannedBundle } from '../../bundle/index.js';
import { messageOf, PluginError } from '../../model/index.js';
import { findManifests, isMissing } from './manifest-file.js';
import { readBundle, type BundleOptions } from './read-bundle.js';

export { readBundle, type BundleOptions } from './read-bundle.js';

const maxConcurrency = 16;

/**
 * Every bundle in a directory, one level deep, sorted by id; the broken ones with their reason. Plain files, names that
 * begin with a dot and directories without a manifest are no bundles. Rejects only when the directory cannot be read.
 */
export async function scanBundles(directory: string, options: BundleOptions = {}): Promise<ScannedBundle[]> {
  const root = resolve(directory);
  const entries = await listDirectory(root);
  const waiting = entries.filter(({ name }) => !name.startsWith('.'));
  const found: FoundBundle[] = [];
  // A few at a time, as a thousand manifests opened together may be more than the limit on open files.
  const worker = async (): Promise<void> => {
    for (let entry = waiting.pop(); entry !== undefined; entry = waiting.pop()) {
      const path = join(root, entry.name);
      if (!(await mayBeBundle(path, entry))) continue;
      const scanned = await readBundle(path, options);
      // A bundle of Mattermost without a part for the server is no plugin of this host.
      if (scanned.ok || scanned.error.facts['webappOnly'] !== true) found.push({ path, scanned });
    }
  };
  await Promise.all(Array.from({ length: maxConcurrency }, worker));
  return rejectDuplicates(found);
}

async function listDirectory(root: string): Promise<Dirent[]> {
  try {
    return await readdir(root, { withFileTypes: true });
  } catch (cause) {
    throw new PluginError({
      code: 'CONFIG_INVALID',
      message: `The plugin directory ${root} cannot be read: ${messageOf(cause)}`,
      hint: 'Create the directory, or correct its path or its permissions.',
      facts: { directory: root },
      cause,
    });
  }
}

/** What cannot be looked into may be one, so that its reason is listed: also a link to a directory that is gone. */
async function mayBeBundle(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isDirectory() && !entry.isSymbolicLink()) return false;
  try {
    return (await stat(path)).isDirectory() && (await findManifests(path)).length > 0;
  } catch (thrown) {
    return entry.isSymbolicLink() || !isMissing(thrown);
  }
}
