import type { PluginRuntime, ResourceLimits } from '../../model/index.js';
import type { ExecutableKind } from './executable-kind.js';
import { quoteText } from '../visible-text.js';

/** What is known about a plugin that did not become usable. */
export interface DiagnosisFacts {
  readonly stderrTail: string;
  /** What it printed on stdout, the handshake line included. */
  readonly stdoutLines?: readonly string[] | undefined;
  /** `null` with a `null` signal: it was still running, or never ran. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Node's error code when no process could be started, for example `ENOENT`. */
  readonly spawnError?: string | undefined;
  /** The Python or Node that ran it. */
  readonly interpreter?: string | undefined;
  /** The script or executable. */
  readonly entry?: string | undefined;
  readonly runtime: PluginRuntime;
  readonly cookieKey: string;
  /** The kind of the file that the system starts: `null` if it is no program, left out if it was not read. */
  readonly executable?: ExecutableKind | null | undefined;
  /** The limits that it was under. */
  readonly limits?: ResourceLimits | undefined;
  /** Node's `process.arch` and `process.platform`. */
  readonly hostArch: string;
  readonly hostPlatform: string;
}

/** A check for one cause: the cause and the next step, or `null` where it does not apply. */
export type Diagnosis = (facts: DiagnosisFacts) => string | null;

/** A check for a cause by a pattern on stderr; `advise` gets the groups of the match. */
export function onStderr(
  pattern: RegExp,
  advise: (groups: readonly string[], facts: DiagnosisFacts) => string | null,
): Diagnosis {
  return (facts) => {
    const match = pattern.exec(facts.stderrTail);
    // A group without a match is undefined, against its type.
    return match === null
      ? null
      : advise(
          Array.from(match, (group: string | undefined) => group ?? ''),
          facts,
        );
  };
}

/** The program that the system was asked to start, quoted: the plugin itself, or its interpreter. */
export function programName({ runtime, interpreter, entry }: DiagnosisFacts): string {
  const program = runtime === 'executable' ? entry : (interpreter ?? entry);
  return program === undefined ? 'The program' : quoteText(program);
}
