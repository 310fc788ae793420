import { z } from 'zod';
import { knownFields } from './schema/known-fields.js';
import { faultKinds, PluginError, pluginErrorCodes, type FaultTrace } from '../model/index.js';
import { readJson } from './manifest/manifest-text.js';
import { largeTextLimits } from './manifest/text-limits.js';
import { schemaProblems, describeIssue } from './schema/schema-messages.js';

const time = z.number().nonnegative();

const fault = knownFields({
  startMs: time.nullable(),
  afterHealthyMs: time,
  at: time,
  kind: z.enum(faultKinds),
  code: z.int().nonnegative().max(255),
  error: z.enum(pluginErrorCodes),
})
  .partial()
  .refine(({ at, afterHealthyMs }) => at === undefined || afterHealthyMs === undefined, {
    error: 'may have one of at and afterHealthyMs, not both',
  });

/**
 * The faults in the text of a JSON file: a list of them.
 *
 * @throws PluginError CONFIG_INVALID when it is none; the message names the first place that is wrong.
 */
export function parseFaultTrace(text: string, file: string): FaultTrace {
  const read = readJson(text.replace(/^\uFEFF/, ''), largeTextLimits);
  if (!read.ok) throw faultTraceError(file, read.problems[0]);
  const checked = z.array(fault).safeParse(read.value, { error: describeIssue });
  if (checked.success) return checked.data;
  const [problem] = checked.error.issues.flatMap(schemaProblems);
  const { path = [], message = 'is not usable' } = problem ?? {};
  const name = path.length === 0 ? 'the trace' : path.join('.');
  throw faultTraceError(file, { ...read.placeOf(path), message: `${name} ${message}` });
}

function faultTraceError(
  file: string,
  at: { readonly line: number; readonly column: number; readonly message: string } | undefined,
): PluginError {
  const place = at === undefined ? file : `${file}:${at.line}:${at.column}: ${at.message}`;
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The fault trace is not usable: ${place}.`,
    hint: 'It is a JSON list such as [{ "afterHealthyMs": 30000 }, { "startMs": null }]; see docs/restarts.md.',
    facts: { file },
  });
}
