import { Observable } from 'rxjs';
import { createLogClassifier, createLineWriter, type LogSink } from './line-writer.js';
import type { Sinks } from './sinks.js';

interface Input {
  readonly plugin: string;
  readonly generation: number;
  readonly process: { readonly stdout: Observable<Uint8Array>; readonly stderr: Observable<Uint8Array> };
}

/**
 * Forwards the output of a process to the log for as long as it is subscribed: stderr at the level that its lines name,
 * and raw to its sink; stdout at debug.
 */
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
