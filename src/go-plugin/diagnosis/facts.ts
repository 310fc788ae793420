import type { PluginRuntime, ResourceLimits } from '../../model/index.js';
import type { ExecutableKind } from './executable-kind.js';
import type { FinalOutput } from './final-output.js';
import { quoteText } from '../visible-text.js';

/** What is known about a plugin that did not become usable. */
export interface DiagnosisFacts {
  /** The end of its stderr; of a plugin that has served, only what it printed since. */
  readonly stderrTail: string;
  /** Whether it has been healthy. */
  readonly hasServed: boolean;
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
  /** The file that the system could not start: `null` if there is none, left out if it was not looked for. */
  readonly file?: { readonly isFile: boolean; readonly hasExecutableBit: boolean } | null | undefined;
  /** The working directory, if it does not exist. */
  readonly missingDirectory?: string | undefined;
  /** The kind of the file that the system starts: `null` if it is no program, left out if it was not read. */
  readonly executable?: ExecutableKind | null | undefined;
  /** The limits that it was under. */
  readonly limits?: ResourceLimits | undefined;
  /** Node's `process.arch` and `process.platform`. */
  readonly hostArch: string;
  readonly hostPlatform: string;
}

/** The facts, and what the plugin said at its end. */
export interface Evidence extends DiagnosisFacts {
  readonly final: FinalOutput;
}

/** A check for one cause: the cause and the next step, or `null` where it does not apply. */
export type Diagnosis = (evidence: Evidence) => string | null;

/**
 * A guess by a pattern on the last lines of stderr; `advise` gets the groups of the match. The guess quotes the line, as
 * the plugin may have printed it for another reason.
 */
export function onStderr(
  pattern: RegExp,
  advise: (groups: readonly string[], evidence: Evidence) => string | null,
): Diagnosis {
  return (evidence) => {
    const { text } = evidence.final;
    const match = pattern.exec(text);
    if (match === null) return null;
    // A group without a match is undefined, against its type.
    const groups = Array.from(match, (group: string | undefined) => group ?? '');
    const advice = advise(groups, evidence);
    const end = match.index + match[0].trimEnd().length;
    return advice === null ? null : guess(lineAt(text, end), advice);
  };
}

/** A cause that a line suggests, worded as a guess. */
export function guess(line: string, advice: string): string {
  return `The plugin printed ${quoteText(line.trim())}, so probably ${lowerCaseFirst(advice)}`;
}

function lineAt(text: string, index: number): string {
  const start = text.lastIndexOf('\n', index - 1) + 1;
  const end = text.indexOf('\n', index);
  return text.slice(start, end === -1 ? undefined : end);
}

function lowerCaseFirst(advice: string): string {
  return advice.replace(/^(?:The|A|This|Something) /, (word) => word.toLowerCase());
}

/** The program that the system was asked to start, quoted: the plugin itself, or its interpreter. */
export function programName({ runtime, interpreter, entry }: DiagnosisFacts): string {
  const program = runtime === 'executable' ? entry : (interpreter ?? entry);
  return program === undefined ? 'The program' : quoteText(program);
}
