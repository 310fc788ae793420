import type { Readable } from 'node:stream';
import { Subject, type Observable } from 'rxjs';
import { receiveInSlices } from '../socket/time-slice.js';
import { createHeadBuffer, createTailBuffer } from './bounded-buffer.js';

/** The reading ends of a process's pipes. */
export interface OutputPipes {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** What a process prints: as it comes, and what is kept of it to explain its exit. */
export interface CapturedOutput {
  readonly stdout: Observable<Uint8Array>;
  readonly stderr: Observable<Uint8Array>;
  readonly stderrTail: () => string;
  /** Says that the plugin serves from now on. */
  readonly noteServing: () => void;
  /** What is kept of stderr since it serves; `null`: it has not. */
  readonly servingStderr: () => string | null;
  /** The lines of the first 4 KiB of stdout. */
  readonly stdoutLines: () => readonly string[];
  /** Calls back when what an ended process has left in its pipes is read, and closes them. */
  drain(done: () => void): void;
  /** Closes the pipes. */
  close(): void;
}

/** How much of stderr is kept, in bytes: a Python traceback with some context. */
const stderrTailBytes = 8 * 1024;

/** How much of the beginning of stdout is kept, in bytes. */
const stdoutHeadBytes = 4 * 1024;

/** How many iterations of the event loop without a byte mean that the pipes of an ended process are empty. */
const emptyIterations = 2;
/** How many iterations are waited at most, as a process that left the group may print on. */
const maxIterations = 256;

/** Reads the pipes of a process from now on. */
export function captureOutput(pipes: OutputPipes): CapturedOutput {
  const stdout = new Subject<Uint8Array>();
  const stderr = new Subject<Uint8Array>();
  const head = createHeadBuffer(stdoutHeadBytes);
  const tail = createTailBuffer(stderrTailBytes);
  let bytesRead = 0;
  let servingFrom: number | null = null;
  const read = (pipe: Readable, buffer: typeof head, output: Subject<Uint8Array>): void => {
    receiveInSlices(pipe, (chunk) => {
      bytesRead += chunk.length;
      buffer.push(chunk);
      output.next(chunk);
    });
  };
  read(pipes.stdout, head, stdout);
  read(pipes.stderr, tail, stderr);
  const close = (): void => {
    pipes.stdout.destroy();
    pipes.stderr.destroy();
  };
  return {
    stdout,
    stderr,
    stderrTail: () => tail.text(),
    noteServing() {
      servingFrom ??= tail.length();
    },
    servingStderr: () => (servingFrom === null ? null : tail.textSince(servingFrom)),
    stdoutLines: () =>
      head
        .text()
        .split('\n')
        .filter((line) => line !== ''),
    drain(done) {
      whenDrained(
        () => bytesRead,
        () => {
          close();
          stdout.complete();
          stderr.complete();
          done();
        },
      );
    },
    close,
  };
}

/**
 * Node reports an exit before it has read what the process left in its pipes. Each iteration of the event loop reads
 * what is there, so some iterations without a byte mean that the pipes are empty.
 */
function whenDrained(bytesRead: () => number, done: () => void): void {
  let before = bytesRead();
  let emptyCount = 0;
  let iterations = 0;
  const iterate = (): void => {
    const read = bytesRead();
    emptyCount = read === before ? emptyCount + 1 : 0;
    before = read;
    iterations += 1;
    if (emptyCount >= emptyIterations || iterations >= maxIterations) done();
    else setImmediate(iterate);
  };
  setImmediate(iterate);
}
