import { classifyLine, type LogMode } from '../go-plugin/index.js';
import type { PluginLogEntry } from '../model/index.js';
import { createLineBudget } from './line-budget.js';
import { createLineSplitter } from './lines.js';

export type LogSink = (entry: PluginLogEntry) => void;

/** An observer of bytes that writes whole lines, within the budget. */
export function lineWriter(now: () => number, write: (line: string) => void) {
  const lines = createLineSplitter();
  const budget = createLineBudget();
  const tell = (dropped: number): void => {
    if (dropped > 0)
      write(`[WARN] ${dropped} lines dropped: the plugin prints faster than they can be handled`);
  };
  const pass = (line: string): void => {
    const { admitted, dropped } = budget.ask(now(), line.length);
    tell(dropped);
    if (admitted) write(line);
  };
  return {
    next: (chunk: Uint8Array) => {
      lines.push(chunk).forEach(pass);
    },
    complete: () => {
      if (lines.rest() !== '') pass(lines.rest());
      tell(budget.dropped());
    },
  };
}

/** Turns stderr lines into entries, remembering whether a panic or a traceback is under way. */
export function classifier(
  plugin: string,
  generation: number,
  source: PluginLogEntry['source'],
  sink: LogSink,
): (line: string) => void {
  let mode: LogMode = 'plain';
  return (line) => {
    const classified = classifyLine(line, mode);
    mode = classified.mode;
    sink({ plugin, generation, source, ...classified.entry });
  };
}
