import type { LogLevel } from '../../model/index.js';
import { parseHclogRecord } from './hclog-record.js';
import type { ClassifiedLine } from './hclog-record.js';

export type { ClassifiedLine } from './hclog-record.js';

/**
 * What the lines before have begun: a `panic`, which lasts until the process ends, or a `traceback`, which lasts until the
 * line that names the exception.
 */
export type LogParseMode = 'plain' | 'panic' | 'traceback';

/** Classifies a line of stderr, without its line end; also returns the mode for the next line. */
export function classifyLine(
  line: string,
  mode: LogParseMode,
): { entry: ClassifiedLine; mode: LogParseMode } {
  const record = parseHclogRecord(line);
  if (record !== null) return { entry: record, mode };
  const prefix = prefixLevel(line);
  if (prefix !== null) return { entry: verbatimLine(line, prefix), mode };
  const next = modeAfter(line, mode);
  const isError = mode !== 'plain' || next !== 'plain';
  return { entry: verbatimLine(line, isError ? 'error' : 'debug'), mode: next };
}

/** Text as a message, without parsing it. */
export function verbatimLine(text: string, level: LogLevel = 'debug'): ClassifiedLine {
  return { level, message: text, fields: {} };
}

const prefixes: readonly (readonly [string, LogLevel])[] = [
  ['[TRACE]', 'trace'],
  ['[DEBUG]', 'debug'],
  ['[INFO]', 'info'],
  ['[WARN]', 'warn'],
  ['[ERROR]', 'error'],
];

function prefixLevel(line: string): LogLevel | null {
  return prefixes.find(([prefix]) => line.startsWith(prefix))?.[1] ?? null;
}

function modeAfter(line: string, mode: LogParseMode): LogParseMode {
  if (mode === 'panic' || startsPanic(line)) return 'panic';
  if (startsTraceback(line)) return 'traceback';
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

function startsTraceback(line: string): boolean {
  return tracebackStarts.some((start) => start.test(line));
}

function continuesTraceback(line: string): boolean {
  const endsGroup = /^ +\+-+$/.test(line);
  return !endsGroup && (/^\s/.test(line) || line === '');
}
