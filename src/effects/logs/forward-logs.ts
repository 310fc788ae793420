import { Observable } from 'rxjs';
import { createLogClassifier, createLineWriter, type LogSink } from './line-writer.js';
import type { RunningProcess } from '../process/local-process.js';
import type { Sinks } from './sinks.js';

interface Input {
  readonly plugin: string;
  readonly generation: number;
  readonly process: RunningProcess;
}

/** Forwards what a process prints: stderr by go-plugin's rules for log lines and to its sink, stdout at debug. */
export function forwardLogs(input: Input, sink: LogSink, sinks: Sinks, now: () => number): Observable<never> {
  return new Observable(() => {
    const { plugin, generation, process } = input;
    const subscription = process.stderr.subscribe(
      createLineWriter(now, createLogClassifier(plugin, generation, 'stderr', sink)),
    );
    subscription.add(
      process.stdout.subscribe(
        createLineWriter(now, (message) => {
          sink({ plugin, generation, source: 'stdout', level: 'debug', message, fields: {} });
        }),
      ),
    );
    subscription.add(
      process.stderr.subscribe((bytes) => {
        sinks.write('rawStderr', input, bytes);
      }),
    );
    return subscription;
  });
}
