import type { Manifest, PluginRuntime } from '../../model/index.js';
import { venvsOf } from '../python/interpreter-candidates.js';
import { readJson, readYaml } from '../manifest/manifest-text.js';

/** One thing in a bundle that its checksum covers: a file by its contents, a link by where it points. */
export interface DigestedEntry {
  readonly kind: 'file' | 'link';
  /** Relative to the bundle, with `/` between its parts. */
  readonly path: string;
  readonly hex: string;
}

/**
 * The text whose digest is the checksum of a bundle: a line for each entry, sorted by the bytes of their paths.
 * The paths are JSON, so that no name can look like two lines.
 */
export function bundleListing(entries: readonly DigestedEntry[]): string {
  const sorted = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
  return sorted.map(({ kind, hex, path }) => `${kind} ${hex} ${JSON.stringify(path)}\n`).join('');
}

/**
 * What stands for the manifest in that listing: what it says, without the checksums that it holds itself, as JSON with
 * sorted keys. `null` for a text that is no manifest.
 */
export function canonicalManifest(text: string, file: string): string | null {
  const bare = text.replace(/^\uFEFF/, '');
  const read = file.toLowerCase().endsWith('.json') ? readJson(bare) : readYaml(bare, []);
  if (!read.ok || typeof read.value !== 'object' || read.value === null) return null;
  const rest = Object.entries(read.value).filter(([key]) => key !== 'checksums' && key !== 'bundle');
  return JSON.stringify(Object.fromEntries(rest), sortObjects);
}

/** Whether a directory is left out of a bundle's checksum, with all that is in it. */
export function isExcluded(path: string, manifest: Manifest, runtime: PluginRuntime): boolean {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (excludedDirectories.has(name)) return true;
  // An interpreter that comes with the bundle is a part of it; a virtual environment is made on the machine.
  const made = runtime === 'python' && manifest.server.python?.dependency_mode !== 'bundled';
  return made && venvsOf(manifest, 'linux').some((venv) => path === venv || path === `${venv}.espalier-old`);
}

const excludedDirectories: ReadonlySet<string> = new Set([
  '__pycache__',
  '.git',
  '.hg',
  '.svn',
  '.jj',
  'CVS',
]);

function sortObjects(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
