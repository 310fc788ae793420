import type { LogLevel } from '../../model/index.js';
import { parseHclogRecord } from './hclog-record.js';
import type { ClassifiedLine } from './hclog-record.js';

export type { ClassifiedLine } from './hclog-record.js';

/**
 * What the lines before one have announced. `panic` lasts for the rest of the process's life,
 * `traceback` until the line that names the exception.
 */
export type LogParseMode = 'plain' | 'panic' | 'traceback';

/** One complete line of a plugin's stderr, without its line end, as a log record; and the mode for the next line. */
export function classifyLine(
  line: string,
  mode: LogParseMode,
): { entry: ClassifiedLine; mode: LogParseMode } {
  const record = parseHclogRecord(line);
  if (record !== null) return { entry: record, mode };
  const prefix = prefixLevel(line);
  if (prefix !== null) return { entry: verbatimLine(line, prefix), mode };
  const next = modeAfter(line, mode);
  const alarmed = mode !== 'plain' || next !== 'plain';
  return { entry: verbatimLine(line, alarmed ? 'error' : 'debug'), mode: next };
}

/** Text that is not looked into, such as a piece of a line that is longer than the buffer. */
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
  // The third is how the Python interpreter itself dies, for example of a segmentation fault.
  return ['panic: ', 'fatal error: ', 'Fatal Python error: '].some((start) => line.startsWith(start));
}

// The reference host logs a Python traceback at debug, where nobody sees it.
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
