import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Observable } from 'rxjs';
import type { Readable } from 'node:stream';
import { makeFifos } from './mkfifo.js';

const names = ['stdout', 'stderr'] as const;

/** The pipes of a process that may outlive its host. */
export interface NamedPipes {
  /** What the process gets as its stdout and stderr. */
  readonly childDescriptors: readonly [number, number];
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The process has its ends: ours of them are closed. */
  closeChildEnds(): void;
  close(): void;
}

/**
 * Makes named pipes in a directory in the place of ordinary ones. The process holds each for reading as well, so one
 * whose host has died is not ended by what it prints (SIGPIPE, EPIPE): 64 KiB wait for the next host, and beyond that
 * its prints stand still until one reads on.
 */
export async function makeNamedPipes(directory: string): Promise<NamedPipes> {
  const [stdoutPath, stderrPath] = names.map((name) => join(directory, name)) as [string, string];
  await makeFifos(stdoutPath, stderrPath);
  const open = new Set<number>();
  const give = (path: string): number => {
    const descriptor = openSync(path, constants.O_RDWR);
    open.add(descriptor);
    return descriptor;
  };
  const handOver = (): void => {
    for (const descriptor of open) closeSync(descriptor);
    open.clear();
  };
  try {
    // Before they are read: a pipe that nobody holds for writing is at its end.
    const given = [give(stdoutPath), give(stderrPath)] as const;
    const stdout = readEnd(stdoutPath);
    const stderr = readEnd(stderrPath);
    return {
      childDescriptors: given,
      stdout,
      stderr,
      closeChildEnds: handOver,
      close() {
        handOver();
        stdout.destroy();
        stderr.destroy();
      },
    };
  } catch (thrown) {
    handOver();
    throw thrown;
  }
}

/** Reads on where a host that is gone has stopped. Where there are no such pipes, nothing is heard. */
export function readNamedPipe(directory: string, name: (typeof names)[number]): Observable<Uint8Array> {
  return new Observable((subscriber) => {
    let pipe: Socket;
    try {
      pipe = readEnd(join(directory, name));
    } catch {
      subscriber.complete();
      return undefined;
    }
    pipe.on('data', (chunk: Buffer) => {
      subscriber.next(chunk);
    });
    pipe.once('close', () => {
      subscriber.complete();
    });
    return () => {
      pipe.destroy();
    };
  });
}

function readEnd(path: string): Socket {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const pipe = new Socket({ fd, readable: true, writable: false });
  pipe.on('error', () => undefined);
  return pipe;
}
