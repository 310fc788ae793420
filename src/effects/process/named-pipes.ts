import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { Observable } from 'rxjs';
import type { Readable } from 'node:stream';
import { makeFifos } from './mkfifo.js';

const names = ['stdout', 'stderr'] as const;

/** The pipes of a process that may outlive its host. */
export interface NamedPipes {
  /** The file descriptors that the process gets as its stdout and stderr. */
  readonly childDescriptors: readonly [number, number];
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Closes the descriptors of the process in the host, once the process has inherited them. */
  closeChildEnds(): void;
  /** Closes every end that the host has open. */
  close(): void;
}

/**
 * Makes named pipes in a directory, in place of ordinary ones. The process has each open for reading as well, so
 * printing does not end it (SIGPIPE, EPIPE) when its host has died: 64 KiB are buffered for the next host; beyond
 * that, its writes block until a host reads them. Rejects where the pipes cannot be made.
 */
export async function makeNamedPipes(directory: string): Promise<NamedPipes> {
  const [stdoutPath, stderrPath] = names.map((name) => join(directory, name)) as [string, string];
  await makeFifos(stdoutPath, stderrPath);
  const open = new Set<number>();
  const openForChild = (path: string): number => {
    const descriptor = openSync(path, constants.O_RDWR);
    open.add(descriptor);
    return descriptor;
  };
  const closeChildEnds = (): void => {
    for (const descriptor of open) closeSync(descriptor);
    open.clear();
  };
  try {
    // Before they are read: a pipe without a writer is at its end.
    const childDescriptors = [openForChild(stdoutPath), openForChild(stderrPath)] as const;
    const stdout = readEnd(stdoutPath);
    const stderr = readEnd(stderrPath);
    return {
      childDescriptors,
      stdout,
      stderr,
      closeChildEnds,
      close() {
        closeChildEnds();
        stdout.destroy();
        stderr.destroy();
      },
    };
  } catch (thrown) {
    closeChildEnds();
    throw thrown;
  }
}

/** Reads what a process of a dead host has printed since. Completes at once where there is no such pipe. */
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
