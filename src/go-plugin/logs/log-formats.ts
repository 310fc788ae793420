import type { LogLevel } from '../../model/index.js';

/**
 * The words that loggers have for their levels, in lower case. go-plugin's host knows only those of hclog; `warning` and
 * `critical` are Python's, `fatal` and `panic` those of Go, pino and bunyan.
 */
const levels: ReadonlyMap<string, LogLevel> = new Map([
  ['trace', 'trace'],
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['warning', 'warn'],
  ['error', 'error'],
  ['critical', 'error'],
  ['fatal', 'error'],
  ['panic', 'error'],
]);

/** The level that a word names in any case, as in hclog, slog or Python's logging; `null`: it names none. */
export function levelByName(word: string): LogLevel | null {
  return levels.get(word.trim().toLowerCase()) ?? null;
}

/** The level of pino's and bunyan's numbers: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal. */
export function levelByNumber(number: number): LogLevel | null {
  if (!Number.isInteger(number) || number < 10 || number > 60) return null;
  const names = ['trace', 'debug', 'info', 'warn', 'error', 'error'] as const;
  return names[Math.floor(number / 10) - 1] ?? null;
}

const word = '(TRACE|DEBUG|INFO|WARN|WARNING|ERROR|CRITICAL|FATAL)';
/** A date and a time as loggers print them: 2026-12-01 10:20:30,123 or 2026/12/01 10:20:30.123456 or 2026-12-01T10:20:30Z. */
const time = '\\d{4}[-/]\\d\\d[-/]\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?(?:Z|[+-]\\d\\d:?\\d\\d)?';

/** Formats of a line that name its level in capitals, the group 1; each with who prints it. */
const formats: readonly RegExp[] = [
  // hclog and Go's logutils, and formats of Python's logging: an optional date, then [WARN].
  new RegExp(`^(?:${time}[ ,:|-]*)?\\[${word} *\\]`),
  // Python's logging without a format: WARNING:name:text.
  new RegExp(`^${word}:[\\w.]*:`),
  // A date, perhaps a name between dashes, and the level: slog over Go's log, tracing, Python with its usual formats.
  new RegExp(`^${time}[ ,:|-]+(?:[\\w.]+ - )?${word}\\b`),
  // Rust's env_logger: [2026-12-01T10:20:30Z WARN module] or [WARN module].
  new RegExp(`^\\[(?:${time} )?${word} +[\\w:]+\\]`),
  // Plain programs: WARNING: text.
  new RegExp(`^${word}: `),
];

/** Go's slog and logrus as text: time=… level=WARN msg=…, in any order of the keys. */
const logfmt = /^(?=\w+=)(?=.*\b(?:msg|time|ts)=)(?:.* )?level=(\w+)(?: |$)/;

/** glog and klog, and the C core of gRPC: W1201 10:20:30.123456 pid file:line] text. */
const glog = /^([IWEF])\d{4} [\d:.]+ +.*\]/;
const glogLevels: ReadonlyMap<string, LogLevel> = new Map([
  ['I', 'info'],
  ['W', 'warn'],
  ['E', 'error'],
  ['F', 'error'],
]);

/** What Node prints by itself: (node:123) ExperimentalWarning: …. */
const nodeWarning = /^\(node:\d+\) /;

/** The level that a line of text names in one of the usual formats; `null`: it names none. */
export function levelOfText(line: string): LogLevel | null {
  for (const format of formats) {
    const name = format.exec(line)?.[1];
    if (name !== undefined) return levelByName(name);
  }
  const named = logfmt.exec(line)?.[1];
  if (named !== undefined) return levelByName(named);
  const letter = glog.exec(line)?.[1];
  if (letter !== undefined) return glogLevels.get(letter) ?? null;
  return nodeWarning.test(line) ? 'warn' : null;
}
