import { classifyLine, type LogParseMode } from '../../go-plugin/index.js';
import type { PluginLogEntry } from '../../model/index.js';
import { outputLimits } from '../../model/limits.js';
import { isTurnUsedUp } from '../socket/time-slice.js';
import { createLineRateLimiter } from './line-rate-limit.js';
import { createLineSplitter } from './line-splitter.js';

/** Where log entries of plugins go. */
export type LogSink = (entry: PluginLogEntry) => void;

/** A message of GRPCStdio may hold millions of lines: it is cut into lines part by part, while these are admitted. */
const partBytes = 4 * 1024;

/**
 * An observer of bytes that writes whole lines, within the rate limit; dropped lines are reported by a line. What one turn
 * of the event loop has no time for is written in the next ones, in order, and `complete` writes the rest.
 */
export function createLineWriter(now: () => number, write: (line: string) => void) {
  const lines = createLineSplitter();
  const rateLimit = createLineRateLimiter();
  const queue: string[] = [];
  const writeSome = (): void => {
    try {
      // One line in each turn at least, however much work others have in it.
      do {
        const line = queue.shift();
        if (line === undefined) return;
        write(line);
      } while (!isTurnUsedUp());
    } finally {
      if (queue.length > 0) setImmediate(writeSome);
    }
  };
  const enqueue = (line: string): void => {
    queue.push(line);
    if (queue.length > 1) return;
    if (isTurnUsedUp()) setImmediate(writeSome);
    else writeSome();
  };
  const warnDropped = (dropped: number): void => {
    if (dropped > 0)
      enqueue(`[WARN] ${dropped} lines dropped: the plugin prints faster than they can be handled`);
  };
  const writeLimited = (line: string): void => {
    const { admitted, dropped } = rateLimit.tryAcquire(now(), line.length);
    warnDropped(dropped);
    if (admitted) enqueue(line);
  };
  return {
    next: (chunk: Uint8Array) => {
      for (let at = 0; at < chunk.length; at += partBytes) {
        const part = chunk.subarray(at, at + partBytes);
        if (rateLimit.isOpen(now()) && queue.length < outputLimits.linesPerSecond)
          lines.push(part).forEach(writeLimited);
        else rateLimit.drop(lines.skip(part));
      }
    },
    complete: () => {
      if (lines.rest() !== '') writeLimited(lines.rest());
      warnDropped(rateLimit.dropped());
      for (const line of queue.splice(0)) write(line);
    },
  };
}

/** Turns lines into log entries, with the level that they name; a panic or a traceback of several lines is an error. */
export function createLogClassifier(
  plugin: string,
  generation: number,
  source: PluginLogEntry['source'],
  sink: LogSink,
): (line: string) => void {
  let mode: LogParseMode = 'plain';
  return (line) => {
    const classified = classifyLine(line, mode);
    mode = classified.mode;
    sink({ plugin, generation, source, ...classified.entry });
  };
}
