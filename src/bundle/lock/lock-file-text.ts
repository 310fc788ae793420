import { z } from 'zod';
import { knownFields } from '../schema/known-fields.js';
import { PluginError, type LockFile } from '../../model/index.js';
import { checksumSchema, fileChecksumsSchema } from '../checksum.js';
import { readJson } from '../manifest/manifest-text.js';
import { describeIssue, schemaProblems } from '../schema/schema-messages.js';
import { largeTextLimits } from '../manifest/text-limits.js';

const checksums = knownFields({
  files: fileChecksumsSchema.default({}),
  bundle: checksumSchema.optional(),
}).refine(
  ({ files, bundle }) => bundle !== undefined || Object.keys(files).length > 0,
  'must have a checksum in files or bundle',
);

const lockSchema = knownFields({ version: z.literal(1), plugins: z.record(z.string(), checksums) });

/** The most problems that one error holds. */
const maxProblems = 20;

/** A lock file's text, checked. Throws CONFIG_INVALID, which names every problem with its place. */
export function parseLockFile(text: string, file: string): LockFile {
  const read = readJson(text, largeTextLimits);
  if (!read.ok) throw lockInvalid(file, read.problems);
  const checked = lockSchema.safeParse(read.value, { error: describeIssue });
  if (checked.success) return checked.data;
  const problems = checked.error.issues.flatMap(schemaProblems).map(({ path, message }) => ({
    ...read.placeOf(path),
    message: `${path.length === 0 ? 'it' : path.join('.')} ${message}`,
  }));
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
  const listed = problems
    .slice(0, maxProblems)
    .map(({ line, column, message }) => `${file}:${line}:${column}: ${message}`);
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The lock file is not usable: ${listed.join('; ')}.`,
    hint: 'Take it from your version control again, or make it anew with `espalier lock`.',
    facts: { file, problems },
  });
}
