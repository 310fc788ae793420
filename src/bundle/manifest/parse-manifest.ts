import type { Manifest, PluginError } from '../../model/index.js';
import { manifestInvalidError, type ManifestProblem } from './manifest-problem.js';
import { manifestSchema, textFields } from './manifest-schema.js';
import { readJson, readYaml, type ManifestText } from './manifest-text.js';
import { schemaProblems, describeIssue, type FieldPath } from '../schema/schema-messages.js';

/** A valid manifest, or the MANIFEST_INVALID error that lists its problems. */
export type ParsedManifest =
  { readonly ok: true; readonly manifest: Manifest } | { readonly ok: false; readonly error: PluginError };

/** The most problems that one error holds. */
const maxProblems = 100;

/**
 * A manifest's text, checked. A file that ends in `.json` is strict JSON, any other is YAML.
 * An error names every problem with its line and column.
 */
export function parseManifest(text: string, file: string): ParsedManifest {
  const bare = text.replace(/^\uFEFF/, '');
  const read = file.toLowerCase().endsWith('.json') ? readJson(bare) : readYaml(bare, textFields);
  if (!read.ok) {
    return {
      ok: false,
      error: manifestInvalidError(file, read.problems, 'Correct the text of the manifest at this place.'),
    };
  }
  const value = withLegacyServer(read.value);
  if (isWebappOnly(value)) return { ok: false, error: webappOnlyError(file, value) };
  const checked = manifestSchema.safeParse(value, { error: describeIssue });
  if (checked.success) return { ok: true, manifest: checked.data };
  const problems = checked.error.issues
    .flatMap(schemaProblems)
    .slice(0, maxProblems)
    .map(({ path, message }) => problemAt(path, message, read));
  const error = manifestInvalidError(
    file,
    problems,
    'Correct these fields of the manifest.',
    readableId(value),
  );
  return { ok: false, error };
}

/** A bundle of Mattermost that has a part for browsers and none for the server. */
function isWebappOnly(value: unknown): boolean {
  return isRecord(value) && isRecord(value.webapp) && !isRecord(value.server);
}

function webappOnlyError(file: string, value: unknown): PluginError {
  const problem = { line: 1, column: 1, path: 'server', message: 'is missing: the bundle has only a webapp' };
  const hint = 'There is nothing to run on a server: leave the bundle out.';
  return manifestInvalidError(file, [problem], hint, readableId(value)).with({ facts: { webappOnly: true } });
}

/** Mattermost's manifests called the field `backend` before it became `server`. */
function withLegacyServer(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value.backend) || value.server !== undefined) return value;
  return { ...value, server: value.backend };
}

function problemAt(path: FieldPath, message: string, read: ManifestText & { ok: true }): ManifestProblem {
  const inLegacy = path[0] === 'server' && withLegacyServer(read.value) !== read.value;
  const written = inLegacy ? ['backend', ...path.slice(1)] : path;
  return {
    ...read.placeOf(written),
    path: written.join('.'),
    message: path.length === 0 ? `the manifest ${message}` : message,
  };
}

function readableId(value: unknown): string | undefined {
  const id = manifestSchema.in.in.shape.id.safeParse(isRecord(value) ? value.id : undefined);
  return id.success ? id.data : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
