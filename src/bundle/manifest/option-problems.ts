import { z } from 'zod';
import { knownFields } from '../schema/known-fields.js';
import { problemsOf } from '../schema/value-kinds.js';
import { backoff, count, duration, interval, supervisionSchema } from './supervision-schema.js';

/** The values of `GroupOptions`. */
export const groupSchema = knownFields({
  strategy: z.enum(['one-for-one', 'one-for-all', 'rest-for-one']),
  intensity: count.nullable(),
  periodMs: duration,
  autoShutdown: z.enum(['never', 'any-significant', 'all-significant']),
  parent: z.string(),
  significant: z.boolean(),
  members: z.array(z.string()),
  backoff,
  halfOpenAfterMs: interval.nullable(),
}).partial();

/** Checks a value that stands for `SupervisionOptions`: each problem as the path of a field and a sentence. */
export function supervisionProblems(value: unknown): string[] {
  return problemsOf(supervisionSchema, value);
}
