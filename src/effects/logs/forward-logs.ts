import { Observable } from 'rxjs';
import { looksLikeHandshake } from '../../go-plugin/index.js';
import { maxLineBytes } from './line-splitter.js';
import { createLogClassifier, createLineWriter, type LogSink } from './line-writer.js';
import type { Sinks } from './sinks.js';

interface Input {
  readonly plugin: string;
  readonly generation: number;
  readonly process: { readonly stdout: Observable<Uint8Array>; readonly stderr: Observable<Uint8Array> };
}

/**
 * Forwards the output of a process to the log for as long as it is subscribed. stderr: at the level that its lines
 * name, and raw to its sink. stdout: at debug up to the handshake line, then at info and byte by byte to its sink, as
 * it is then what the plugin prints.
 */
export function forwardLogs(input: Input, sink: LogSink, sinks: Sinks, now: () => number): Observable<never> {
  return new Observable(() => {
    const { plugin, generation, process } = input;
    const subscription = process.stderr.subscribe(
      createLineWriter(now, createLogClassifier(plugin, generation, 'stderr', sink)),
    );
    subscription.add(
      process.stderr.subscribe((bytes) => {
        sinks.write('rawStderr', input, bytes);
      }),
    );
    let isServing = false;
    subscription.add(
      process.stdout.subscribe(
        createLineWriter(now, (message) => {
          const level = isServing ? 'info' : 'debug';
          isServing ||= looksLikeHandshake(message);
          sink({ plugin, generation, source: 'stdout', level, message, fields: {} });
        }),
      ),
    );
    subscription.add(
      process.stdout.subscribe(
        afterHandshakeLine((bytes) => {
          sinks.write('stdout', input, bytes);
        }),
      ),
    );
    return subscription;
  });
}

/** Passes on the bytes that follow the handshake line. */
function afterHandshakeLine(write: (bytes: Uint8Array) => void): (bytes: Uint8Array) => void {
  let isServing = false;
  let partialLine: Uint8Array = Buffer.alloc(0);
  return (bytes) => {
    let rest: Buffer = isServing ? Buffer.from(bytes) : Buffer.concat([partialLine, bytes]);
    for (let end = rest.indexOf(10); !isServing && end !== -1; end = rest.indexOf(10)) {
      isServing = looksLikeHandshake(rest.toString('utf8', 0, end));
      rest = rest.subarray(end + 1);
    }
    if (isServing && rest.length > 0) write(rest);
    // A line longer than this is no handshake line, and the start has failed by then.
    partialLine = isServing || rest.length > maxLineBytes ? Buffer.alloc(0) : rest;
  };
}
