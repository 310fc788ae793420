import { z } from 'zod';
import { limitsSchema } from './manifest-schema.js';
import { describeIssue, schemaProblems } from './schema-messages.js';
import { backoff, count, duration, interval, supervisionSchema } from './supervision-schema.js';

const groupSchema = z
  .strictObject({
    strategy: z.enum(['one-for-one', 'one-for-all', 'rest-for-one']),
    intensity: count.nullable(),
    periodMs: duration,
    autoShutdown: z.enum(['never', 'any-significant', 'all-significant']),
    parent: z.string(),
    significant: z.boolean(),
    members: z.array(z.string()),
    backoff,
    halfOpenAfterMs: interval.nullable(),
  })
  .partial();

/** Checks a value that stands for `SupervisionOptions`: each problem as the path of a field and a sentence. */
export function supervisionProblems(value: unknown, path: readonly string[] = []): string[] {
  return problemsOf(supervisionSchema, value, path);
}

/** Checks a value that stands for `GroupOptions`: each problem as the path of a field and a sentence. */
export function groupOptionProblems(value: unknown, path: readonly string[]): string[] {
  return problemsOf(groupSchema, value, path);
}

/** Checks a value that stands for `ResourceLimits`: each problem as the path of a field and a sentence. */
export function limitProblems(value: unknown, path: readonly string[]): string[] {
  return problemsOf(limitsSchema, value, path);
}

function problemsOf(schema: z.ZodType, value: unknown, start: readonly string[]): string[] {
  const checked = schema.safeParse(value, { error: describeIssue });
  if (checked.success) return [];
  return checked.error.issues
    .flatMap(schemaProblems)
    .map(({ path, message }) =>
      [[...start, ...path].join('.'), message].filter((part) => part !== '').join(' '),
    );
}
