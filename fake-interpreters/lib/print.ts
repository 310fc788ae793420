import { writeSync } from 'node:fs';

/**
 * Both write to the descriptor itself and wait until everything is gone: `process.stdout` may still hold text back
 * when the process exits, and a pipe that nobody reads has to stop the program, as it stops a Python one.
 */
export function printOut(output: string | Buffer): void {
  writeAll(1, output);
}

export function printError(output: string | Buffer): void {
  writeAll(2, output);
}

function writeAll(descriptor: number, output: string | Buffer): void {
  let rest = Buffer.from(output);
  while (rest.length > 0) rest = rest.subarray(writeSome(descriptor, rest));
}

function writeSome(descriptor: number, bytes: Buffer): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    pause(1);
    return 0;
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
