import { z } from 'zod';
import { knownFields } from '../schema/known-fields.js';
import { maxTimerMs, presetNames } from '../../model/index.js';

const amount = z.number().nonnegative();
/** A whole number of at least 0. */
export const count = z.int().nonnegative();
/** Milliseconds from 0; at most the longest delay of a Node timer, because a longer one fires at once. */
export const duration = amount.max(maxTimerMs);
/** Milliseconds, at least 1. */
export const interval = duration.min(1);

/** The backoff of a restart policy or of a group; every value may be left out. */
export const backoff = knownFields({
  firstMs: duration,
  baseMs: duration,
  factor: amount,
  capMs: duration,
  jitter: z.enum(['full', 'none']),
}).partial();

/**
 * The numbers that a manifest may override. Unknown keys are refused here, unlike elsewhere in a manifest:
 * a misspelt deadline that is silently dropped is found when it is too late.
 */
export const supervisionSchema = knownFields({
  preset: z.enum(presetNames),
  restart: knownFields({
    restart: z.enum(['permanent', 'transient', 'temporary']),
    retryFailedStart: z.boolean(),
    backoff,
    intensity: count.nullable(),
    periodMs: duration.nullable(),
    resetAfterMs: duration.nullable(),
    halfOpenAfterMs: interval.nullable(),
  }).partial(),
  health: knownFields({
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
    busyMs: duration,
    requireService: z.boolean(),
    watch: z.boolean(),
  }).partial(),
  deadlines: knownFields({
    startMs: interval,
    drainMs: duration,
    hookMs: duration,
    shutdownMs: duration,
    termMs: duration,
    killMs: duration,
  }).partial(),
}).partial();
