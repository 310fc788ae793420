import { messageOf, printableText } from '../../model/index.js';

/** Calls one thing that the embedder handed in. */
export interface ErrorBoundary {
  /** The result of the call; `undefined` when it throws. A promise that it returns may be rejected without effect. */
  call<Result>(callback: () => Result): Result | undefined;
  /** Like `call`, but throws what the call throws, for a caller that answers with it. */
  callOrThrow<Result>(callback: () => Result): Result;
  /** Reports a failure that was found elsewhere. */
  fail(thrown: unknown): void;
}

/** Creates the boundary around something that the embedder handed in; `name` is what the report calls it. */
export type CreateErrorBoundary = (name: string) => ErrorBoundary;

/** The most characters of a message that are reported. */
const maxLength = 1000;

/**
 * Creates boundaries. The first failure behind each is reported: to stderr with its stack, and to `report` as one
 * line.
 *
 * @param report Called amid what goes on, so it must defer what it does.
 */
export function createErrorBoundaries(
  report: (callback: string, problem: string) => void,
): CreateErrorBoundary {
  return (name) => {
    let isReported = false;
    const fail = (thrown: unknown): void => {
      if (isReported) return;
      isReported = true;
      const { problem, stack } = describe(thrown);
      writeToStderr(`espalier: ${name} failed, which is reported once: ${stack}`);
      report(name, problem);
    };
    const callOrThrow = <Result>(callback: () => Result): Result => {
      try {
        const result = callback();
        if (isThenable(result)) Promise.resolve(result).then(undefined, fail);
        return result;
      } catch (thrown) {
        fail(thrown);
        throw thrown;
      }
    };
    return {
      callOrThrow,
      call(callback) {
        try {
          return callOrThrow(callback);
        } catch {
          return undefined;
        }
      },
      fail,
    };
  };
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** What was thrown may be anything, also something that throws when it is read. */
function describe(thrown: unknown): { readonly problem: string; readonly stack: string } {
  try {
    const problem = printableText(messageOf(thrown).slice(0, maxLength));
    const { stack } = (thrown ?? {}) as { readonly stack?: unknown };
    const lines = typeof stack === 'string' ? stack.slice(0, 4 * maxLength).split('\n') : [problem];
    return { problem, stack: lines.map(printableText).join('\n') };
  } catch {
    const problem = 'it threw something that cannot be read';
    return { problem, stack: problem };
  }
}

/** By `console`, as an error of `process.stderr` that has no listener would end the process. */
function writeToStderr(text: string): void {
  try {
    // eslint-disable-next-line no-console -- see above
    console.error('%s', text);
  } catch {
    // The event is left.
  }
}
