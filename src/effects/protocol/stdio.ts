import { status as code } from '@grpc/grpc-js';
import { asapScheduler, Observable, subscribeOn } from 'rxjs';
import type { StdioEvent } from '../../machines/effects.js';
import { callStream, statusOf } from '../grpc/client-call.js';
import { services } from '../rpc/contract.js';
import type { Sinks } from '../logs/sinks.js';
import { createLogClassifier, createLineWriter, type LogSink } from '../logs/line-writer.js';
import type { StdioInput } from './plugin-protocol.js';

interface StdioData {
  readonly channel: 'INVALID' | 'STDOUT' | 'STDERR';
  readonly data: Buffer;
}

/**
 * Forwards GRPCStdio to the logs and the sinks. It must always be read: a Go plugin blocks in its own prints once its
 * buffers are full. The end of the stream is never an error; the exit of the process is reported on its own.
 */
export function forwardStdio(
  input: StdioInput,
  sink: LogSink,
  sinks: Sinks,
  now: () => number,
): Observable<StdioEvent> {
  return new Observable((subscriber) => {
    const { plugin, generation, channel } = input;
    const stdout = createLineWriter(now, (message) => {
      sink({ plugin, generation, source: 'stdio-stdout', level: 'info', message, fields: {} });
    });
    const stderr = createLineWriter(now, createLogClassifier(plugin, generation, 'stdio-stderr', sink));
    let opened = false;
    const finish = (): void => {
      stdout.complete();
      stderr.complete();
      subscriber.complete();
    };
    const stream = callStream<StdioData>(channel.grpc, services.plugin.GRPCStdio, 'StreamStdio', {})
      // After the first health check, for which a start waits.
      .pipe(subscribeOn(asapScheduler))
      .subscribe({
        next: (message) => {
          if (!opened) subscriber.next({ type: 'stdio.opened' });
          opened = true;
          if (message.channel === 'INVALID') return;
          const isStdout = message.channel === 'STDOUT';
          (isStdout ? stdout : stderr).next(message.data);
          sinks.write(isStdout ? 'stdout' : 'stderr', input, message.data);
        },
        error: (error: unknown) => {
          if (statusOf(error).code === code.UNIMPLEMENTED) subscriber.next({ type: 'stdio.unavailable' });
          finish();
        },
        complete: finish,
      });
    return stream;
  });
}
