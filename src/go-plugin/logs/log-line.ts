import type { LogLevel } from '../../model/index.js';
import { parseJsonRecord } from './json-record.js';
import type { ClassifiedLine } from './json-record.js';
import { levelOfText } from './log-formats.js';

export type { ClassifiedLine } from './json-record.js';

/**
 * What the lines before have begun: a `panic`, which lasts until the process ends, or a `traceback`, which lasts until the
 * line that names the exception, or a `stack` of Node, whose lines are indented.
 */
export type LogParseMode = 'plain' | 'panic' | 'traceback' | 'stack';

/** Classifies a line of stderr, without its line end; also returns the mode for the next line. */
export function classifyLine(
  line: string,
  mode: LogParseMode,
): { entry: ClassifiedLine; mode: LogParseMode } {
  const record = parseRecord(line);
  if (record !== null) return { entry: record.entry, mode };
  const next = modeAfter(line, mode);
  const isError = next !== 'plain' || mode === 'panic' || mode === 'traceback';
  return { entry: verbatimLine(line, isError ? 'error' : 'debug'), mode: next };
}

/** A line that a logger has printed, and whether it names its level; `null` for any other text. */
export function parseRecord(line: string): { entry: ClassifiedLine; namesLevel: boolean } | null {
  const json = parseJsonRecord(line);
  // An object without a level is a message as it is.
  if (json !== null) return { entry: json, namesLevel: json.message !== line };
  const level = levelOfText(line);
  return level === null ? null : { entry: verbatimLine(line, level), namesLevel: true };
}

/** Text as a message, without parsing it. */
export function verbatimLine(text: string, level: LogLevel = 'debug'): ClassifiedLine {
  return { level, message: text, fields: {} };
}

function modeAfter(line: string, mode: LogParseMode): LogParseMode {
  if (mode === 'panic' || startsPanic(line)) return 'panic';
  if (startsTraceback(line)) return 'traceback';
  if (mode !== 'traceback' && nodeError.test(line)) return 'stack';
  if (mode === 'stack') return /^\s+\S/.test(line) ? 'stack' : 'plain';
  return mode === 'traceback' && continuesTraceback(line) ? 'traceback' : 'plain';
}

function startsPanic(line: string): boolean {
  // The third is printed by the Python interpreter when it crashes itself, for example by a segmentation fault.
  return ['panic: ', 'fatal error: ', 'Fatal Python error: '].some((start) => line.startsWith(start));
}

// go-plugin's host logs a Python traceback at debug.
const tracebackStarts: readonly RegExp[] = [
  /^Traceback \(most recent call last\):\s*$/,
  /^During handling of the above exception, another exception occurred:\s*$/,
  /^The above exception was the direct cause of the following exception:\s*$/,
  /^Exception (?:in thread .+:|ignored in: .*)$/,
  // A syntax error in the script itself has no header.
  /^ {2}File "[^"]+", line \d+$/,
  // Exception groups: the header, and the ruler before each member.
  /^ +\+ Exception Group Traceback \(most recent call last\):\s*$/,
  /^ +\+-[+-]* (?:\d+|\.\.\.) -+$/,
];

/** An uncaught error of Node, or one that its console prints; the stack follows. */
const nodeError = /^(?:Uncaught )?(?:[A-Z]\w*)?Error(?: \[\w+\])?: /;

function startsTraceback(line: string): boolean {
  return tracebackStarts.some((start) => start.test(line));
}

function continuesTraceback(line: string): boolean {
  const endsGroup = /^ +\+-+$/.test(line);
  return !endsGroup && (/^\s/.test(line) || line === '');
}
