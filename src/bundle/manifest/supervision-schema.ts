import { z } from 'zod';
import { presetNames } from '../../model/index.js';
import { schemaProblems, describeIssue } from './schema-messages.js';

const amount = z.number().nonnegative();
const count = z.int().nonnegative();
// A longer timer of Node fires at once.
const duration = amount.max(2 ** 31 - 1);
const interval = duration.min(1);

const backoff = z
  .strictObject({
    firstMs: duration,
    baseMs: duration,
    factor: amount,
    capMs: duration,
    jitter: z.enum(['full', 'none']),
  })
  .partial();

/**
 * The numbers that a manifest may override. Unknown keys are refused here, unlike elsewhere in a manifest:
 * a misspelt deadline that is silently dropped is found when it is too late.
 */
export const supervisionSchema = z
  .strictObject({
    preset: z.enum(presetNames),
    restart: z
      .strictObject({
        restart: z.enum(['permanent', 'transient', 'temporary']),
        retryFailedStart: z.boolean(),
        backoff,
        intensity: count.nullable(),
        periodMs: duration.nullable(),
        resetAfterMs: duration.nullable(),
        halfOpenAfterMs: interval.nullable(),
      })
      .partial(),
    health: z
      .strictObject({
        startIntervalMs: duration,
        startDeadlineMs: interval,
        intervalMs: interval,
        retryIntervalMs: duration,
        deadlineMs: interval,
        misses: count.min(1),
        excuses: count,
        jitter: amount.lt(1),
        freshDialEvery: count.min(1).nullable(),
        notServingMs: duration.nullable(),
        watch: z.boolean(),
      })
      .partial(),
    deadlines: z
      .strictObject({
        startMs: interval,
        drainMs: duration,
        hookMs: duration,
        shutdownMs: duration,
        termMs: duration,
        killMs: duration,
      })
      .partial(),
  })
  .partial();

/** What is wrong with a supervision that was given as a value, each as a field and a sentence. */
export function supervisionProblems(value: unknown): string[] {
  const checked = supervisionSchema.safeParse(value, { error: describeIssue });
  if (checked.success) return [];
  return checked.error.issues
    .flatMap(schemaProblems)
    .map(({ path, message }) => [path.join('.'), message].filter((word) => word !== '').join(' '));
}
