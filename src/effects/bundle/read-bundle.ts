import { realpath, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { checkServerVersion, parseManifest, resolveRuntime, type ScannedBundle } from '../../bundle/index.js';
import { isPluginError, type Bundle, type PluginError } from '../../model/index.js';
import { resolveEntry } from './entry.js';
import { findManifest, readManifestText, refuse, unreadable } from './manifest-file.js';

/** The options of `readBundle`. */
export interface BundleOptions {
  /** The version of the embedding server, for the manifests' `min_server_version`. */
  readonly hostVersion?: string | undefined;
}

/** Reads and checks one bundle. What is wrong with it is part of the answer; it does not reject for it. */
export async function readBundle(directory: string, options: BundleOptions = {}): Promise<ScannedBundle> {
  const path = resolve(directory);
  try {
    const bundle = await openBundle(path, options);
    return { ok: true, id: bundle.manifest.id, bundle };
  } catch (thrown) {
    const error: PluginError = isPluginError(thrown) ? thrown : unreadable(path, thrown);
    const id = error.plugin ?? basename(path).toLowerCase();
    return { ok: false, id, directory: path, error: error.with({ plugin: id }) };
  }
}

async function openBundle(path: string, { hostVersion }: BundleOptions): Promise<Bundle> {
  const directory = await realpath(path);
  if (!(await stat(directory)).isDirectory()) {
    throw refuse(`${path} is not a directory.`, 'Name the directory that holds the manifest.');
  }
  const manifestPath = await findManifest(directory);
  const text = await readManifestText(manifestPath);
  await parseTurn();
  const parsed = parseManifest(text, manifestPath);
  if (!parsed.ok) throw parsed.error;
  const { manifest } = parsed;
  const tooOld = checkServerVersion(manifest, hostVersion);
  if (tooOld !== null) throw tooOld;
  const resolved = resolveRuntime(manifest, process.platform, process.arch);
  if (!resolved.ok) throw resolved.error;
  const { runtime, entry } = resolved;
  await resolveEntry(directory, entry).catch((error: unknown) => {
    throw isPluginError(error) ? error.with({ plugin: manifest.id, phase: 'manifest' }) : error;
  });
  return { directory, path, manifestPath, manifest, runtime, entry };
}

let lastTurn: Promise<unknown> = Promise.resolve();

/** One manifest is parsed in each turn of the event loop, as many may have been read when one turn begins. */
function parseTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => new Promise(setImmediate));
  return lastTurn;
}
