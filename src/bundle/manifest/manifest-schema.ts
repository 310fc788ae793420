import { z } from 'zod';
import { knownFields } from '../schema/known-fields.js';
import { checksumSchema, fileChecksumsSchema } from '../checksum.js';
import { minimumLimits } from '../../model/index.js';
import type { FieldPath } from '../schema/schema-messages.js';
import { pythonRange } from '../python/python-version.js';
import { supervisionSchema } from './supervision-schema.js';
import { parseSemanticVersion } from './semantic-version.js';

/** The fields that are texts also where YAML reads a number or a boolean. */
export const textFields: readonly FieldPath[] = [
  ['id'],
  ['name'],
  ['version'],
  ['description'],
  ['min_server_version'],
  ['server', 'python_version'],
  ['backend', 'python_version'],
  ['env', '*'],
];

const text = z.string().refine((value) => !value.includes('\0'), 'may not hold a NUL byte');
const id = z
  .string()
  .regex(/^[a-zA-Z0-9\-_.]{3,190}$/, 'must be 3 to 190 characters, each a letter, a digit, "-", "_" or "."')
  .transform((value) => value.toLowerCase());

const version = text.refine((value) => /^v?\d[\w.+-]*$/.test(value), 'must be a version such as 1.2.3');
const semanticVersion = text.refine(
  (value) => parseSemanticVersion(value) !== null,
  'must be a version such as 9.5.0',
);
const pythonVersion = text.refine(
  (value) => pythonRange(value) !== null,
  'must be a version such as 3.11 or >=3.10,<3.13',
);

/** Mattermost writes a field that was left out as an empty text or null. */
function optional<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => (value === null || value === '' ? undefined : value), schema.optional());
}

const python = z
  .object({
    dependency_mode: optional(z.enum(['system', 'venv', 'bundled'])),
    venv_path: optional(text),
    requirements_path: optional(text),
    entry_point: optional(text),
  })
  .transform(({ dependency_mode, entry_point, ...paths }) => {
    // Who names a venv or a requirements file, and no mode, means a venv.
    const mode =
      dependency_mode ?? ((paths.venv_path ?? paths.requirements_path) === undefined ? undefined : 'venv');
    return { entry_point, settings: mode === undefined ? undefined : { dependency_mode: mode, ...paths } };
  });

const platform = z.string().regex(/^[a-z0-9]+-[a-z0-9]+$/, 'must be a platform such as linux-amd64');

/** Mattermost's manifests call a program `go`. */
const runtime = z
  .enum(['python', 'node', 'executable', 'go'])
  .transform((name) => (name === 'go' ? 'executable' : name));

const server = z
  .object({
    runtime: optional(runtime),
    executable: optional(text),
    executables: optional(
      z
        .record(platform, optional(text))
        .transform((paths) =>
          Object.fromEntries(
            Object.entries(paths).filter((entry): entry is [string, string] => entry[1] !== undefined),
          ),
        ),
    ),
    args: optional(z.array(text)),
    python_version: optional(pythonVersion),
    python: optional(python),
  })
  .transform(({ python: given, ...rest }) => ({
    ...rest,
    // The script of a Python plugin, where the manifest names no executable.
    ...(given?.entry_point !== undefined &&
      rest.executable === undefined &&
      rest.executables === undefined && { executable: given.entry_point, runtime: rest.runtime ?? 'python' }),
    python: given?.settings,
  }));

/** The variables of the protocol, which the host alone may set. */
const protocolVariables = new Set([
  'PLUGIN_MIN_PORT',
  'PLUGIN_MAX_PORT',
  'PLUGIN_PROTOCOL_VERSIONS',
  'PLUGIN_MULTIPLEX_GRPC',
  'PLUGIN_CLIENT_CERT',
  'PLUGIN_UNIX_SOCKET_DIR',
  'PLUGIN_UNIX_SOCKET_GROUP',
]);

/** The name of an environment variable. */
export const variableName = z.string().regex(/^[^=\0]+$/, 'is no name of an environment variable');

const variable = variableName
  .refine(
    (name) => !protocolVariables.has(name.toUpperCase()),
    'belongs to the go-plugin protocol and is set by the host',
  )
  .refine(
    (name) => name.toUpperCase() !== 'ESPALIER_TOKEN',
    'tells a host its own processes and is set by it',
  );

/** The resource limits of a plugin. Strict, because a misspelt limit would not be set. */
export const limitsSchema = knownFields({
  memoryBytes: z.int().min(minimumLimits.memoryBytes),
  cpuSeconds: z.int().min(minimumLimits.cpuSeconds),
  openFiles: z.int().min(minimumLimits.openFiles),
}).partial();

/** The rules of a manifest. What they do not name (Mattermost's `webapp`, `settings_schema`, …) is dropped. */
export const manifestSchema = z
  .object({
    id,
    name: optional(text),
    version: optional(version),
    description: optional(text),
    min_server_version: optional(semanticVersion),
    server,
    props: optional(z.record(z.string(), z.unknown())),
    requires: optional(z.array(id)),
    group: optional(text),
    significant: optional(z.boolean()),
    supervision: optional(supervisionSchema),
    env: optional(z.record(variable, text)),
    limits: optional(limitsSchema),
    checksums: fileChecksumsSchema
      .refine((files) => Object.keys(files).length > 0, 'must name the entry at least')
      .optional(),
    bundle: checksumSchema.optional(),
  })
  .transform(({ name, version: stated, requires, supervision, env, ...rest }) => ({
    ...rest,
    name: name?.trim() ?? '',
    version: stated ?? '0.0.0',
    requires: [...new Set(requires ?? [])],
    supervision: supervision ?? {},
    env: env ?? {},
  }))
  .transform((manifest) => ({ ...manifest, name: manifest.name === '' ? manifest.id : manifest.name }))
  .refine((manifest) => !manifest.requires.includes(manifest.id), {
    path: ['requires'],
    error: 'may not name the plugin itself',
  });
