import { parseRecord } from '../logs/log-line.js';
import { quoteText } from '../visible-text.js';

/** What a process said at its end, as far as that may explain the end. */
export interface FinalOutput {
  /** The last lines that are errors or name no level, joined by line feeds; records as their message. */
  readonly text: string;
  /** The last line that is a warning, an error, or names no level; empty: there is none. */
  readonly lastLine: string;
}

/** How many lines that are not indented count as the last ones. The lines of a stack are indented. */
const maxHeads = 12;

/** What begins the report of a crash, whose stack may be long. */
const crashReport = /^(?:panic: |fatal error: |FATAL ERROR: |Fatal Python error: )/;

/**
 * Reads the last lines of stderr. Records at info and below are no part of it, as a program that explains its end does so
 * as an error.
 */
export function finalOutput(stderr: string): FinalOutput {
  const lines = linesOf(stderr);
  const errors = lines.filter(({ level }) => level !== 'warn').map(({ text }) => text);
  return { text: errors.slice(beginningOfEnd(errors)).join('\n'), lastLine: lastLineOf(lines) };
}

/** The last line of stderr at any level, quoted for a message; `null`: there is none. */
export function lastPrinted(stderr: string): string | null {
  const line = stderr.trimEnd().split('\n').at(-1)?.trim() ?? '';
  return line === '' ? null : quoteText(parseLine(line).text);
}

interface Line {
  readonly text: string;
  /** `other`: an error, or no level. */
  readonly level: 'quiet' | 'warn' | 'other';
}

function linesOf(stderr: string): Line[] {
  return stderr
    .split('\n')
    .map((line) => parseLine(line.replace(/\r$/, '')))
    .filter(({ level }) => level !== 'quiet');
}

function parseLine(line: string): Line {
  const record = parseRecord(line);
  if (record === null || !record.namesLevel) return { text: line, level: 'other' };
  const { level, message, fields } = record.entry;
  const cause = ['error', 'err', 'exception'].map((key) => fields[key]).find(isText);
  const text = cause === undefined ? message : `${message}: ${cause}`;
  return { text, level: level === 'error' ? 'other' : level === 'warn' ? 'warn' : 'quiet' };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isHead(line: string): boolean {
  return /^\S/.test(line);
}

/** The index of the first line that counts: the last ones, and the whole report of a crash with the lines before it. */
function beginningOfEnd(lines: readonly string[]): number {
  const heads = lines.flatMap((line, index) => (isHead(line) ? [index] : []));
  const crash = lines.findIndex((line) => crashReport.test(line));
  const last = heads.length <= maxHeads ? 0 : (heads.at(-maxHeads) ?? 0);
  return crash === -1 ? last : Math.min(last, Math.max(0, crash - maxHeads));
}

/** Skips the version that Node prints after an uncaught error and its stack, and takes the line of the error. */
function lastLineOf(lines: readonly Line[]): string {
  const texts = lines.map(({ text }) => text.trim()).filter((text) => text !== '');
  const last = texts.at(-1) ?? '';
  const isNodeVersion = /^Node\.js v\d/.test(last);
  return (isNodeVersion ? texts.findLast((text) => /^\w*Error\b.*: /.test(text)) : undefined) ?? last;
}
