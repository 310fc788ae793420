import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { readRequirements } from '../../bundle/index.js';

/** What a virtual environment is made from. */
export interface VenvInputs {
  /** The bundle, in which the installer runs. */
  readonly directory: string;
  /** The requirements file, absolute; `null` for none. */
  readonly requirements: string | null;
  readonly python: string;
  readonly constraint: string | undefined;
}

export interface RequirementsDigest {
  /** The hash of every ingredient. */
  readonly fingerprint: string;
  /** Whether anything is to be installed at all. */
  readonly empty: boolean;
  /** Whether folders or archives of this machine are among the requirements. */
  readonly hasLocals: boolean;
}

/**
 * A hash of all that decides what a virtual environment holds: the requirements with the files that they include, the
 * sources of local packages (so that an edited one is installed again), and Python's version.
 */
export async function digestRequirements({
  directory,
  requirements,
  python,
  constraint,
}: VenvInputs): Promise<RequirementsDigest> {
  const files = new Map<string, string>();
  const locals = new Set<string>();
  let empty = true;
  const waiting = requirements === null ? [] : [requirements];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const text = await readFile(path, 'utf8').catch(() => null);
    files.set(path, text === null ? 'missing' : hash(text));
    const read = readRequirements(text ?? '');
    empty &&= read.empty;
    for (const local of read.locals) locals.add(resolve(directory, local));
    const included = read.files
      .filter((file) => !file.includes('://'))
      .map((file) => resolve(dirname(path), file));
    waiting.push(...included.filter((file) => !files.has(file)));
  }
  const sources = await Promise.all([...locals].sort().map(async (path) => [path, await hashLocal(path)]));
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  // With absolute paths: an editable package in a venv that was moved is still looked for in the old place.
  const fingerprint = hash(JSON.stringify([python, constraint ?? null, ...sorted, ...sources]));
  return { fingerprint, empty, hasLocals: locals.size > 0 };
}

async function hashLocal(path: string): Promise<string> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return 'missing';
  const files = stats.isDirectory() ? await sourcesIn(path) : [path];
  const digests: string[] = [];
  // One by one: a large folder has more files than may be open at once.
  for (const file of files.sort()) digests.push(relative(path, file), hash(await readFile(file)));
  return hash(JSON.stringify(digests));
}

const sourceName = /\.(?:py|pyi|pyx|c|h|cc|cpp|rs)$|^(?:pyproject\.toml|setup\.cfg|MANIFEST\.in)$/;
// What builds and installs leave in a source folder, which would make each of them look like a change.
const skippedFolder = /^(?:\..*|__pycache__|build|dist|node_modules|.*\.egg-info)$/;

async function sourcesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  if (entries.some(({ name }) => name === 'pyvenv.cfg')) return [];
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(directory, entry.name);
    if (entry.isFile() && sourceName.test(entry.name)) found.push(path);
    if (entry.isDirectory() && !skippedFolder.test(entry.name)) found.push(...(await sourcesIn(path)));
  }
  return found;
}

function hash(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
