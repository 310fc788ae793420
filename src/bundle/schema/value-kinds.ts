import { z } from 'zod';
import { describeIssue, schemaProblems } from './schema-messages.js';

/** A schema for each field of a type, so that none is forgotten. */
export type SchemaShape<Options> = { readonly [Name in keyof Options]-?: z.ZodType };

/** Whether a value is an object, a list included. */
export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/** Whether a value is a path that the operating system can take: a text that is not empty and has no NUL byte. */
export function isPath(value: unknown): boolean {
  return typeof value === 'string' && /^[^\0]+$/.test(value);
}

/** Checks a value by a function. The sentence about any other begins with "must be". */
export function mustBe(wanted: string, holds: (value: unknown) => boolean): z.ZodType {
  return z.unknown().refine(holds, `must be ${wanted}`);
}

/** Checks a value by the schema for its kind: a problem is then one of the form that was meant. */
export function byKind(schemaOf: (value: unknown) => z.ZodType): z.ZodType {
  return z.unknown().check(({ value, issues }) => {
    const checked = schemaOf(value).safeParse(value, { error: describeIssue });
    for (const { path, message } of checked.error?.issues.flatMap(schemaProblems) ?? [])
      issues.push({ code: 'custom', path: [...path], message, input: value });
  });
}

/** Checks the own fields of any object: the environment of a process is not a plain one. */
export function recordOf(values: z.ZodType, names: z.ZodString = z.string()) {
  return z.preprocess(
    (value) => (isObject(value) && !Array.isArray(value) ? { ...value } : value),
    z.record(names, values),
  );
}

/** Checks a value: each problem as the path of a field and a sentence. */
export function problemsOf(schema: z.ZodType, value: unknown): string[] {
  const checked = schema.safeParse(value, { error: describeIssue });
  return (checked.error?.issues.flatMap(schemaProblems) ?? []).map(
    ({ path, message }) => `${path.length === 0 ? 'it' : path.join('.')} ${message}`,
  );
}
