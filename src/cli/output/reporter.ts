import { asyncScheduler, auditTime, filter, interval, merge, type Subscription } from 'rxjs';
import type { Environment } from '../../environment/index.js';
import { printableText, type LogLevel } from '../../model/index.js';
import { coloursFor } from './colours.js';
import { eventLine, isPrinted } from './event-line.js';
import { createLinePrinter, createOutput, neverBlock } from './output.js';
import { createScreen } from './screen.js';
import { statusTable } from './status-table.js';

/** Prints the events of an environment. */
export interface Reporter {
  /** Prints a line of the command itself or of its host module. A line that is not read may be dropped. */
  readonly print: (line: string) => void;
  /** The process ends soon afterwards, even if its last output is not read. */
  close(): void;
}

interface ReporterInput {
  readonly json: boolean;
  readonly logLevel: LogLevel;
  readonly env: Environment;
}

/** The shortest time between two redraws of the table, in milliseconds. */
const redrawMs = 100;

/** Creates the reporter: JSON lines with `json`, a live table on a terminal, else a line of text for each event. */
export function createReporter(input: ReporterInput): Reporter {
  const streams = neverBlock(process.stdout, process.stderr);
  const reporter = input.json
    ? jsonReporter(input)
    : process.stdout.isTTY
      ? tableReporter(input)
      : lineReporter(input);
  return {
    print: reporter.print,
    close() {
      reporter.close();
      streams.end();
    },
  };
}

function describeDropped(lines: number): string {
  return `${lines} lines dropped: the output is not read, or not fast enough`;
}

function jsonReporter({ env, logLevel }: ReporterInput): Reporter {
  const output = createOutput(process.stdout);
  const print = createLinePrinter(
    output,
    (line) => output.tryWrite(`${line}\n`),
    (lines) => JSON.stringify({ type: 'output.dropped', at: Date.now(), lines }),
  );
  const write = (value: object) => {
    print(JSON.stringify(value));
  };
  for (const plugin of env.statuses()) {
    if (plugin.state === 'invalid')
      write({ type: 'plugin.invalid', at: Date.now(), plugin: plugin.id, status: plugin });
  }
  const subscription = env.events
    .pipe(filter((event) => event.type !== 'plugin.log' || isPrinted(event, logLevel)))
    .subscribe(write);
  return {
    print: (message) => {
      write({ type: 'message', at: Date.now(), message });
    },
    close: () => {
      subscription.unsubscribe();
    },
  };
}

function lineReporter({ env, logLevel }: ReporterInput): Reporter {
  const colours = coloursFor(process.stdout, process.env);
  const output = createOutput(process.stdout);
  const print = createLinePrinter(output, (line) => output.tryWrite(`${line}\n`), describeDropped);
  for (const { id, state, error } of env.statuses()) {
    const problem = [error?.message, error?.hint].join(' ').trimEnd();
    if (state === 'invalid') print(`${printableText(id)}  invalid  ${printableText(problem)}`);
  }
  const subscription = env.events.pipe(filter((event) => isPrinted(event, logLevel))).subscribe((event) => {
    print(eventLine(event, colours));
  });
  return {
    print,
    close: () => {
      subscription.unsubscribe();
    },
  };
}

function tableReporter({ env, logLevel }: ReporterInput): Reporter {
  const output = createOutput(process.stdout);
  const screen = createScreen(output);
  const print = createLinePrinter(output, screen.print, describeDropped);
  const colours = coloursFor(process.stdout, process.env);
  const draw = (): void => {
    const { columns, rows } = process.stdout;
    const table = statusTable(env.statuses(), { now: Date.now(), columns, colours });
    // A footer that is taller than the terminal cannot be redrawn.
    screen.draw(['', ...table.slice(0, Math.max(2, rows - 4))]);
  };
  const drawing: Subscription = merge(env.events, interval(1000))
    .pipe(auditTime(redrawMs, asyncScheduler))
    .subscribe(draw);
  const printing = env.events.pipe(filter((event) => isPrinted(event, logLevel))).subscribe((event) => {
    print(eventLine(event, colours));
  });
  draw();
  return {
    print,
    close() {
      drawing.unsubscribe();
      printing.unsubscribe();
      draw();
      screen.close();
    },
  };
}
