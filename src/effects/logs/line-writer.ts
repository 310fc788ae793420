import { classifyLine, type LogParseMode } from '../../go-plugin/index.js';
import type { PluginLogEntry } from '../../model/index.js';
import { createLineRateLimiter } from './line-rate-limit.js';
import { createLineSplitter } from './line-splitter.js';

export type LogSink = (entry: PluginLogEntry) => void;

/** An observer of bytes that writes whole lines, within the budget. */
export function createLineWriter(now: () => number, write: (line: string) => void) {
  const lines = createLineSplitter();
  const rateLimit = createLineRateLimiter();
  const warnDropped = (dropped: number): void => {
    if (dropped > 0)
      write(`[WARN] ${dropped} lines dropped: the plugin prints faster than they can be handled`);
  };
  const pass = (line: string): void => {
    const { admitted, dropped } = rateLimit.tryAcquire(now(), line.length);
    warnDropped(dropped);
    if (admitted) write(line);
  };
  return {
    next: (chunk: Uint8Array) => {
      lines.push(chunk).forEach(pass);
    },
    complete: () => {
      if (lines.rest() !== '') pass(lines.rest());
      warnDropped(rateLimit.dropped());
    },
  };
}

/** Turns stderr lines into entries, remembering whether a panic or a traceback is under way. */
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
