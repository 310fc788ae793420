import { z } from 'zod';
import {
  byKind,
  checksumSchema,
  count,
  groupSchema,
  isObject,
  isPath,
  knownFields,
  limitsSchema,
  mustBe,
  parseSemanticVersion,
  recordOf,
  supervisionSchema,
  variableName,
  type SchemaShape,
} from '../../bundle/index.js';
import type { ManualTls, OrphanMode, SinkOptions } from '../../effects/index.js';
import { curves, type Curve } from '../../go-plugin/index.js';
import type { HandshakeConfig, Logger, StdinMode } from '../../model/index.js';
import {
  mtlsModes,
  multiplexModes,
  type EnvironmentOptions,
  type MtlsOptions,
} from './environment-options.js';
import type { ProgramOptions } from './program-options.js';
import type { TcpOptions, UnixSocketOptions } from './socket-options.js';

const path = mustBe('a path', isPath);
const text = z.string().refine((value) => !value.includes('\0'), 'may not hold a NUL byte');
const someText = text.min(1, 'must not be empty');
const variables = recordOf(text, variableName);
const stdin = z.enum(['ignore', 'inherit'] satisfies StdinMode[], 'must be ignore or inherit');
const logMethods: readonly (keyof Logger)[] = ['trace', 'debug', 'info', 'warn', 'error'];

const program = knownFields({
  id: mustBe(
    'a text of 1 to 190 characters without control characters',
    (value) => typeof value === 'string' && /^[^\p{Cc}\p{Cs}]{1,190}$/u.test(value),
  ).optional(),
  command: z.string().refine(isPath, 'must be a path or the name of a program'),
  args: z.array(text).optional(),
  cwd: path.optional(),
  env: variables.optional(),
  supervision: supervisionSchema.optional(),
  limits: limitsSchema.optional(),
  requires: z.array(text).optional(),
  group: text.optional(),
  significant: z.boolean().optional(),
  stdin: stdin.optional(),
  checksums: recordOf(checksumSchema)
    .refine((files) => Object.keys(files).length > 0, 'must name at least one file')
    .optional(),
} satisfies SchemaShape<ProgramOptions>);

const handshake = knownFields({
  cookieKey: variableName,
  cookieValue: someText,
  protocolVersions: z.array(count).min(1, 'must be a list of at least one whole number'),
} satisfies SchemaShape<HandshakeConfig>).partial();

const inheritEnv = mustBe(
  "'minimal', 'all' or a list of names, in which LC_* stands for all that begin with LC_",
  (value) =>
    value === 'minimal' ||
    value === 'all' ||
    (Array.isArray(value) && value.every((name) => variableName.safeParse(name).success)),
);

const mtlsMode = z.enum(mtlsModes);
const mtlsOptions = knownFields({
  mode: mtlsMode,
  curve: z.enum(Object.keys(curves) as Curve[]),
  verify: z.boolean(),
} satisfies SchemaShape<MtlsOptions>).partial();

const tls = knownFields({
  rootCertificates: text,
  serverName: text,
  certificate: someText.optional(),
  privateKey: someText.optional(),
} satisfies SchemaShape<ManualTls>);

const unixSocket = knownFields({
  group: mustBe('the name or number of a group', isGroup),
  mode: mustBe('permissions with all rights for the owner, such as 0o770', (value) =>
    isWithin(value, 0o700, 0o777),
  ),
  directory: path,
} satisfies SchemaShape<UnixSocketOptions>);

const port = mustBe('a port from 1 to 65535', (value) => isWithin(value, 1, 65_535));
const tcp = knownFields({ minPort: port, maxPort: port } satisfies SchemaShape<TcpOptions>);

const sink = mustBe(
  'a stream or a function that returns one',
  (value) => typeof value === 'function' || hasMethod(value, 'write'),
);

/** The schema of each option of `createEnvironment`. */
export const optionShape = {
  pluginDir: path,
  bundles: z.array(z.string().refine(isPath, 'must be a path')),
  programs: z.array(program),
  handshake,
  versions: recordOf(recordOf(mustBe('a client constructor', isFunction))),
  policy: supervisionSchema,
  groups: recordOf(groupSchema),
  startConcurrency: mustBe('at least 1', (value) => typeof value === 'number' && value >= 1),
  env: variables,
  inheritEnv,
  mtls: byKind((value) => (isObject(value) ? mtlsOptions : mtlsMode)),
  multiplex: z.enum(multiplexModes),
  stdin,
  unixSocket: unixSocket.partial(),
  tcp: tcp.partial(),
  tls,
  lockFile: mustBe('true, false or a path', (value) => typeof value === 'boolean' || isPath(value)),
  hostVersion: mustBe(
    'a version such as 9.5.0',
    (value) => typeof value === 'string' && parseSemanticVersion(value) !== null,
  ),
  logger: mustBe(`an object with the methods ${logMethods.join(', ')}`, (value) =>
    logMethods.every((name) => hasMethod(value, name)),
  ),
  sinks: knownFields({
    stdout: sink,
    stderr: sink,
    rawStderr: sink,
  } satisfies SchemaShape<SinkOptions>).partial(),
  limits: limitsSchema,
  orphans: z.enum(['end', 'keep'] satisfies OrphanMode[]),
  reapOrphans: z.boolean(),
  stateDir: mustBe('the path of a directory', isPath),
  inspect: mustBe('a function or an observer', (value) => isFunction(value) || hasMethod(value, 'next')),
} satisfies SchemaShape<EnvironmentOptions>;

/** The schema of the options of `createEnvironment`. */
export const optionsSchema = knownFields(optionShape).partial();

/** The schema of the options of a program. */
export const programShape = program.shape;

function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}

function hasMethod(value: unknown, name: string): boolean {
  return isObject(value) && isFunction((value as Readonly<Record<string, unknown>>)[name]);
}

function isWithin(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isGroup(value: unknown): boolean {
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  // chown reads the highest number as "unchanged".
  if (typeof number === 'number') return isWithin(number, 0, 2 ** 32 - 2);
  return typeof number === 'string' && /^[^:\s\0]+$/.test(number);
}
