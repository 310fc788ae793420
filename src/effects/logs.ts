import { Observable } from 'rxjs';
import { classifyLine, type LogMode } from '../go-plugin/index.js';
import type { PluginLogEntry } from '../model/index.js';
import { createLineBudget } from './line-budget.js';
import { createLineSplitter } from './lines.js';
import type { RunningProcess } from './process.js';

export type LogSink = (entry: PluginLogEntry) => void;

interface Input {
  readonly plugin: string;
  readonly generation: number;
  readonly process: RunningProcess;
}

/** Forwards what a process prints: stderr by go-plugin's rules for log lines, stdout at debug. */
export function forwardLogs(input: Input, sink: LogSink, now: () => number): Observable<never> {
  return new Observable(() => {
    const { plugin, generation, process } = input;
    const subscription = process.stderr.subscribe(
      lineWriter(now, classifier(plugin, generation, 'stderr', sink)),
    );
    subscription.add(
      process.stdout.subscribe(
        lineWriter(now, (message) => {
          sink({ plugin, generation, source: 'stdout', level: 'debug', message, fields: {} });
        }),
      ),
    );
    return subscription;
  });
}

/** An observer of bytes that writes whole lines, within the budget. */
export function lineWriter(now: () => number, write: (line: string) => void) {
  const lines = createLineSplitter();
  const budget = createLineBudget();
  const pass = (line: string): void => {
    const { admitted, dropped } = budget.ask(now());
    if (dropped > 0) write(`[WARN] ${dropped} lines dropped: the plugin prints faster than they can be handled`);
    if (admitted) write(line);
  };
  return {
    next: (chunk: Uint8Array) => { lines.push(chunk).forEach(pass); },
    complete: () => {
      if (lines.rest() !== '') pass(lines.rest());
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
