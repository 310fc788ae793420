import { classifyLine, type LogParseMode } from '../../go-plugin/index.js';
import type { PluginLogEntry } from '../../model/index.js';
import { createLineRateLimiter } from './line-rate-limit.js';
import { createLineSplitter } from './line-splitter.js';

/** Where log entries of plugins go. */
export type LogSink = (entry: PluginLogEntry) => void;

/** An observer of bytes that writes whole lines, within the rate limit; dropped lines are reported by a line. */
export function createLineWriter(now: () => number, write: (line: string) => void) {
  const lines = createLineSplitter();
  const rateLimit = createLineRateLimiter();
  const warnDropped = (dropped: number): void => {
    if (dropped > 0)
      write(`[WARN] ${dropped} lines dropped: the plugin prints faster than they can be handled`);
  };
  const writeLimited = (line: string): void => {
    const { admitted, dropped } = rateLimit.tryAcquire(now(), line.length);
    warnDropped(dropped);
    if (admitted) write(line);
  };
  return {
    next: (chunk: Uint8Array) => {
      lines.push(chunk).forEach(writeLimited);
    },
    complete: () => {
      if (lines.rest() !== '') writeLimited(lines.rest());
      warnDropped(rateLimit.dropped());
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
