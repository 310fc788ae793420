import type { PluginLogEntry } from '../../model/index.js';
import { levelByName, levelByNumber } from './log-formats.js';
import { parseRfc3339 } from './rfc3339.js';

/** The parts of a log entry that come from its line. */
export type ClassifiedLine = Pick<PluginLogEntry, 'level' | 'message' | 'module' | 'timestamp' | 'fields'>;

/**
 * Parses a line of JSON: a record of hclog, or one of the usual loggers (slog, zerolog, zap, logrus, pino, bunyan,
 * Python's). `null` for any other line. A JSON object without a known level becomes a message as it is, at debug.
 */
export function parseJsonRecord(line: string): ClassifiedLine | null {
  const object = parseObject(line);
  if (object === null) return null;
  const { '@level': level = '', '@message': message = '', '@timestamp': timestamp, ...rest } = object;
  // go-plugin's host panics on a level or message that is no string.
  if (typeof level !== 'string' || typeof message !== 'string') return null;
  const time = readTimestamp(timestamp);
  if (time === null) return null;
  const known = levelByName(level);
  if (known !== null) return { level: known, message, ...time, ...splitModule(rest) };
  return parseOtherRecord(object) ?? { level: 'debug', message: line, fields: {} };
}

const levelKeys = ['level', 'severity', 'levelname'] as const;
const messageKeys = ['msg', 'message'] as const;
const timeKeys = ['time', 'timestamp', 'ts'] as const;

/** A record of another logger than hclog. Only its level and message are named alike; the rest stays as it is. */
function parseOtherRecord(object: Readonly<Record<string, unknown>>): ClassifiedLine | null {
  const levelKey = levelKeys.find((key) => Object.hasOwn(object, key));
  const messageKey = messageKeys.find((key) => typeof object[key] === 'string');
  if (levelKey === undefined || messageKey === undefined) return null;
  const { [levelKey]: level, [messageKey]: message, ...fields } = object;
  const known =
    typeof level === 'string' ? levelByName(level) : typeof level === 'number' ? levelByNumber(level) : null;
  if (known === null) return null;
  const timeKey = timeKeys.find((key) => typeof fields[key] === 'string');
  const timestamp = timeKey === undefined ? null : parseRfc3339(String(fields[timeKey]));
  return { level: known, message: String(message), ...(timestamp !== null && { timestamp }), fields };
}

/** A deeper value is no log record, and JSON.stringify would overflow the stack on it. */
const maxDepth = 64;

function parseObject(line: string): Readonly<Record<string, unknown>> | null {
  if (!/^[ \t\r]*(?:\{|null[ \t\r]*$)/.test(line)) return null;
  try {
    const value: unknown = JSON.parse(line);
    // Go decodes null into an empty record.
    if (value === null) return {};
    return isShallow(value, maxDepth) ? (value as Readonly<Record<string, unknown>>) : null;
  } catch {
    return null;
  }
}

function isShallow(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}

function readTimestamp(value: unknown): { timestamp?: string } | null {
  if (value === undefined) return {};
  const timestamp = typeof value === 'string' ? parseRfc3339(value) : null;
  return timestamp === null ? null : { timestamp };
}

function splitModule(rest: Readonly<Record<string, unknown>>): Pick<ClassifiedLine, 'module' | 'fields'> {
  const { '@module': module, ...fields } = rest;
  return typeof module === 'string' ? { module, fields } : { fields: rest };
}
