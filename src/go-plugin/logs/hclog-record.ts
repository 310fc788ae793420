import type { LogLevel, PluginLogEntry } from '../../model/index.js';
import { parseRfc3339 } from './rfc3339.js';

/** The parts of a log entry that come from its line. */
export type ClassifiedLine = Pick<PluginLogEntry, 'level' | 'message' | 'module' | 'timestamp' | 'fields'>;

/**
 * Parses a line of hclog's JSON; `null` for any other line. A JSON object without a known level becomes a message as it
 * is, at debug.
 */
export function parseHclogRecord(line: string): ClassifiedLine | null {
  const object = parseObject(line);
  if (object === null) return null;
  const { '@level': level = '', '@message': message = '', '@timestamp': timestamp, ...rest } = object;
  // go-plugin's host panics on a level or message that is no string.
  if (typeof level !== 'string' || typeof message !== 'string') return null;
  const time = readTimestamp(timestamp);
  if (time === null) return null;
  const known = levels.get(level.trim().toLowerCase());
  if (known === undefined) return { level: 'debug', message: line, fields: {} };
  return { level: known, message, ...time, ...splitModule(rest) };
}

/**
 * The levels of hclog, and three more: `warning` and `critical` of Python's logging, and `fatal` of others, which
 * go-plugin's host would log at debug.
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
]);

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
