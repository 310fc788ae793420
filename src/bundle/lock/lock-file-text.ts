import { z } from 'zod';
import { PluginError, type LockFile } from '../../model/index.js';
import { checksumSchema, fileChecksumsSchema } from '../checksum.js';
import { readJson } from '../manifest/manifest-text.js';

const checksums = z
  .strictObject({ files: fileChecksumsSchema.default({}), bundle: checksumSchema.optional() })
  .refine(
    ({ files, bundle }) => bundle !== undefined || Object.keys(files).length > 0,
    'must have a checksum in files or bundle',
  );

const lockSchema = z.strictObject({ version: z.literal(1), plugins: z.record(z.string(), checksums) });

/** A lock file's text, checked. Throws CONFIG_INVALID, which names every problem with its place. */
export function parseLockFile(text: string, file: string): LockFile {
  const read = readJson(text);
  if (!read.ok) throw lockInvalid(file, read.problems);
  const checked = lockSchema.safeParse(read.value);
  if (checked.success) return checked.data;
  const problems = checked.error.issues.map(({ path, message, ...issue }) => {
    const keys = path.map((key) => (typeof key === 'symbol' ? String(key) : key));
    const [inner] = issue.code === 'invalid_key' ? issue.issues : [];
    return { ...read.placeOf(keys), message: `${keys.join('.')} ${inner?.message ?? message}`.trim() };
  });
  throw lockInvalid(file, problems);
}

/** The text of a lock file: the same for the same lock, whatever the order in which its plugins were found. */
export function renderLockFile({ version, plugins }: LockFile): string {
  const written = Object.entries(plugins).map(([id, { files, bundle }]): [string, object] => [
    id,
    bundle === undefined ? { files: sortKeys(files) } : { bundle },
  ]);
  return `${JSON.stringify({ version, plugins: sortKeys(Object.fromEntries(written)) }, null, 2)}\n`;
}

function sortKeys(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function lockInvalid(
  file: string,
  problems: readonly { readonly line: number; readonly column: number; readonly message: string }[],
): PluginError {
  const listed = problems.map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The lock file is not usable: ${listed.join('; ')}.`,
    hint: 'Take it from your version control again, or make it anew with `espalier lock`.',
    facts: { file, problems },
  });
}
