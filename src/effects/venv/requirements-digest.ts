import { readdir, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { readRequirements } from '../../bundle/index.js';
import { isPluginError, PluginError } from '../../model/index.js';
import { hashFile, hashText } from '../checksum/hash-file.js';
import { readSmallText } from '../files/read-small-file.js';

/** What a virtual environment is made from. */
export interface VenvInputs {
  /** The bundle, in which the installer runs. */
  readonly directory: string;
  /** The requirements file, absolute; `null` for none. */
  readonly requirements: string | null;
  readonly python: string;
  readonly constraint: string | undefined;
}

/** The result of `digestRequirements`. */
export interface RequirementsDigest {
  /** The hash of every ingredient. */
  readonly fingerprint: string;
  /** The names of the distributions that must be there after the install. */
  readonly names: readonly string[];
  /** Whether anything is to be installed at all. */
  readonly empty: boolean;
  /** Whether folders or archives of this machine are among the requirements. */
  readonly hasLocals: boolean;
}

/** The most requirement and constraint files that one bundle may include. */
const maxFiles = 1000;

/**
 * A hash of all that decides what a virtual environment holds: the requirements with the files that they include, the
 * sources of local packages (so that an edited one is installed again), and Python's version.
 *
 * @throws PluginError MANIFEST_INVALID for a requirements file that is no plain file of at most 1 MiB.
 */
export async function digestRequirements(inputs: VenvInputs): Promise<RequirementsDigest> {
  const { directory, requirements, python, constraint } = inputs;
  const files = new Map<string, string>();
  const locals = new Set<string>();
  const names = new Set<string>();
  const constraints = new Set<string>();
  let empty = true;
  const waiting = requirements === null ? [] : [requirements];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (files.has(path)) continue;
    if (files.size >= maxFiles) throw tooManyFiles(directory);
    const text = await readRequirementsFile(path);
    files.set(path, text === null ? 'missing' : hashText(text, 'sha256'));
    const read = readRequirements(text ?? '');
    empty &&= read.empty;
    if (!constraints.has(path)) for (const name of read.names) names.add(name);
    for (const local of read.locals) locals.add(resolve(directory, local));
    const from = dirname(path);
    for (const file of read.constraints) constraints.add(resolve(from, file));
    waiting.push(...read.files.filter((file) => !file.includes('://')).map((file) => resolve(from, file)));
  }
  const sources: [string, string][] = [];
  for (const path of [...locals].sort()) sources.push([path, await hashLocal(path)]);
  const sorted = [...files].sort(([a], [b]) => (a < b ? -1 : 1));
  // With absolute paths: an editable package in a venv that was moved is still looked for in the old place.
  const fingerprint = hashText(JSON.stringify([python, constraint ?? null, ...sorted, ...sources]), 'sha256');
  return { fingerprint, names: [...names], empty, hasLocals: locals.size > 0 };
}

/** A file that is missing or may not be read is left to the installer to report, which names the line. */
async function readRequirementsFile(path: string): Promise<string | null> {
  try {
    return await readSmallText(path);
  } catch (thrown) {
    if (isPluginError(thrown)) throw thrown.with({ code: 'MANIFEST_INVALID', phase: 'manifest' });
    return null;
  }
}

function tooManyFiles(directory: string): PluginError {
  return new PluginError({
    code: 'MANIFEST_INVALID',
    message: `The requirements of ${directory} include more than ${maxFiles} files.`,
    hint: 'Name the requirements in fewer files.',
    phase: 'manifest',
  });
}

async function hashLocal(path: string): Promise<string> {
  const stats = await stat(path).catch(() => null);
  if (stats === null) return 'missing';
  const files = stats.isDirectory() ? await sourcesIn(path) : [path];
  const digests: string[] = [];
  // One by one: a large folder has more files than may be open at once.
  for (const file of files.sort()) digests.push(relative(path, file), await hashFile(file, 'sha256'));
  return hashText(JSON.stringify(digests), 'sha256');
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
