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
  /** What the file that the system starts is: `null` when its bytes are no program's, left out when nobody looked. */
  readonly executable?: ExecutableKind | null | undefined;
  /** The limits that it was under. */
  readonly limits?: ResourceLimits | undefined;
  /** Node's `process.arch` and `process.platform`. */
  readonly hostArch: string;
  readonly hostPlatform: string;
}

/** One cause that can be told from the facts: the next step for the user, or `null` when it is not this one. */
export type Diagnosis = (facts: DiagnosisFacts) => string | null;

/** A cause that shows in a pattern on stderr. */
export function onStderr(
  pattern: RegExp,
  advise: (groups: readonly string[], facts: DiagnosisFacts) => string | null,
): Diagnosis {
  return (facts) => {
    const match = pattern.exec(facts.stderrTail);
    // A group that took no part is undefined whatever its type says.
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
