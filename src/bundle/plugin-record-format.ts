import { z } from 'zod';
import { pluginErrorCodes, type PluginRecord } from '../model/index.js';
import { readJson } from './manifest/manifest-text.js';
import { supervisionSchema } from './manifest/supervision-schema.js';

/** The format of a plugin's record. A record of any other format is rejected, and its file quarantined. */
export const recordVersion = 2;

const count = z.int().nonnegative();
const text = z.string().nullable();
const pid = z.int().positive();

const reattach = z.object({
  protocol: z.literal('grpc'),
  protocolVersion: count,
  addr: z.object({ network: z.enum(['unix', 'tcp']), string: z.string().min(1) }),
  pid,
  test: z.literal(false),
  startTime: z.string().optional(),
});

const processRecord = z.object({
  pid,
  startTime: text,
  user: count.nullable(),
  executable: text,
  token: z
    .string()
    .regex(/^[0-9a-f]{10}\.\d+\./)
    .nullable(),
  socketDirectory: text,
  bundleFingerprint: text,
  transport: z.enum(['plaintext', 'tls']).nullable(),
  reattach: reattach.nullable(),
  notReattachable: z.enum(['starting', 'autoMtls', 'multiplexed']).nullable(),
});

const gaveUp = z.object({
  reason: z.enum(['FailedToStart', 'FailedToStayRunning']),
  error: z
    .object({
      code: z.enum(pluginErrorCodes),
      message: z.string(),
      hint: z.string().optional(),
      facts: z.record(z.string(), z.unknown()).optional(),
    })
    .nullable(),
});

const recordSchema = z.object({
  plugin: z.string().min(1),
  wanted: z.boolean(),
  generation: count,
  restarts: count,
  failureAges: z.array(z.number().nonnegative()).max(10_000),
  writtenAt: z.number().nonnegative(),
  halfOpen: z.boolean(),
  gaveUp: gaveUp.nullable(),
  policy: supervisionSchema.optional(),
  process: processRecord.nullable(),
});

/** A record, or the problem: the file is incomplete, is not a plugin record, or has the format of another version. */
export type ParsedRecord =
  { readonly ok: true; readonly record: PluginRecord } | { readonly ok: false; readonly problem: string };

/** Parses the JSON text of a record and checks its format version and its fields. It does not throw. */
export function parsePluginRecord(json: string): ParsedRecord {
  const read = readJson(json);
  if (!read.ok)
    return {
      ok: false,
      problem: json === '' ? 'it is empty' : `it is not JSON: ${read.problems[0]?.message ?? ''}`,
    };
  const parsed = read.value;
  if (typeof parsed !== 'object' || parsed === null || !('espalier' in parsed))
    return { ok: false, problem: 'it is not a record of a plugin' };
  if (parsed.espalier !== recordVersion)
    return {
      ok: false,
      problem: `its format is ${JSON.stringify(parsed.espalier)}, and this version of Espalier reads format ${recordVersion}`,
    };
  const result = recordSchema.safeParse(parsed);
  if (result.success) return { ok: true, record: result.data };
  const [issue] = result.error.issues;
  return { ok: false, problem: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it is not complete'}` };
}

/** Renders a record as JSON with its format version, as `parsePluginRecord` reads it. */
export function renderPluginRecord(record: PluginRecord): string {
  return `${JSON.stringify({ espalier: recordVersion, ...record }, null, 2)}\n`;
}
