import type { Dirent } from 'node:fs';
import { readdir, readFile, readlink, realpath } from 'node:fs/promises';
import { join, relative } from 'node:path';
import {
  bundleListing,
  isExcluded,
  canonicalManifest,
  type ChecksumAlgorithm,
  type DigestedEntry,
} from '../../bundle/index.js';
import { PluginError, type Bundle } from '../../model/index.js';
import { isInside } from '../bundle/entry.js';
import { hashFile, hashText } from './hash-file.js';

/** The digest of a whole bundle. Rejects when a part of it cannot be read, or when a link leads out of it. */
export async function hashBundle(bundle: Bundle, algorithm: ChecksumAlgorithm): Promise<string> {
  const entries: DigestedEntry[] = [];
  const directories = [''];
  // One by one: a large bundle has more files than may be open at once.
  for (let directory = directories.pop(); directory !== undefined; directory = directories.pop()) {
    for (const found of await readdir(join(bundle.directory, directory), { withFileTypes: true })) {
      const path = directory === '' ? found.name : `${directory}/${found.name}`;
      if (found.isDirectory() && !isExcluded(path, bundle.manifest, bundle.runtime)) directories.push(path);
      const entry = await digest(bundle, path, found, algorithm);
      if (entry !== null) entries.push(entry);
    }
  }
  return hashText(bundleListing(entries), algorithm);
}

async function digest(
  bundle: Bundle,
  path: string,
  found: Dirent,
  algorithm: ChecksumAlgorithm,
): Promise<DigestedEntry | null> {
  const absolute = join(bundle.directory, path);
  if (found.isSymbolicLink() && !isExcluded(path, bundle.manifest, bundle.runtime)) {
    await refuseEscape(bundle, path);
    return { kind: 'link', path, hex: hashText(await readlink(absolute), algorithm) };
  }
  if (!found.isFile()) return null;
  const meaning =
    path === relative(bundle.directory, bundle.manifestPath)
      ? canonicalManifest(await readFile(absolute, 'utf8'), path)
      : null;
  const hex = meaning === null ? await hashFile(absolute, algorithm) : hashText(meaning, algorithm);
  return { kind: 'file', path, hex };
}

/** What lies outside could change without the checksum. */
async function refuseEscape(bundle: Bundle, path: string): Promise<void> {
  const real = await realpath(join(bundle.directory, path)).catch(() => null);
  if (real !== null && isInside(bundle.directory, real)) return;
  throw new PluginError({
    code: 'PATH_ESCAPES_BUNDLE',
    message: `${path} leads ${real === null ? 'nowhere' : `out of the bundle, to ${real}`}, so no checksum can cover it.`,
    hint: 'Put the file itself into the bundle, or pin single files instead of the whole bundle.',
    facts: { path, real },
  });
}
