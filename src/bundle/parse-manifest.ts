import type { z } from 'zod';
import type { Manifest, PluginError } from '../model/index.js';
import { manifestInvalid, type ManifestProblem } from './manifest-problem.js';
import { manifestSchema, textFields } from './manifest-schema.js';
import { readJson, readYaml, type FieldPath, type ManifestText } from './manifest-text.js';

export type ParsedManifest =
  { readonly ok: true; readonly manifest: Manifest } | { readonly ok: false; readonly error: PluginError };

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
      error: manifestInvalid(file, read.problems, 'Correct the text of the manifest at this place.'),
    };
  }
  const value = withLegacyServer(read.value);
  const checked = manifestSchema.safeParse(value, { error: describe });
  if (checked.success) return { ok: true, manifest: checked.data };
  const problems = checked.error.issues.flatMap((issue) => problemsOf(issue, read));
  const error = manifestInvalid(file, problems, 'Correct these fields of the manifest.', readableId(value));
  return { ok: false, error };
}

/** Mattermost's manifests called the field `backend` before it became `server`. */
function withLegacyServer(value: unknown): unknown {
  if (!isRecord(value) || !isRecord(value.backend) || value.server !== undefined) return value;
  return { ...value, server: value.backend };
}

function problemsOf(issue: z.core.$ZodIssue, read: ManifestText & { ok: true }): ManifestProblem[] {
  const path = issue.path.map((key) => (typeof key === 'symbol' ? String(key) : key));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => problemAt([...path, key], 'is not known', read));
  }
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
  return [problemAt(path, message, read)];
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

/** The sentence for a rule that has none of its own. It follows the name of the field. */
function describe(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.input === undefined && issue.code !== 'unrecognized_keys') return 'is missing';
  if (issue.code === 'invalid_type') return `must be ${article[issue.expected] ?? issue.expected}`;
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'too_small') return `must be at least ${String(issue.minimum)}`;
  if (issue.code === 'too_big') return `must be at most ${String(issue.maximum)}`;
  return undefined;
}

const article: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a finite number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function readableId(value: unknown): string | undefined {
  const id = manifestSchema.in.in.shape.id.safeParse(isRecord(value) ? value.id : undefined);
  return id.success ? id.data : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
