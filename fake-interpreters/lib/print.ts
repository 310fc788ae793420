import { writeSync } from 'node:fs';

/** Bytes that are not valid UTF-8, with an LF, so that a host reads them as a line. */
export const garbage = Buffer.from('0001fefffdc0c1f5eda0807f1b9c8000e2820a', 'hex');

/** Writes to a pipe forever, as fast as its reader reads. */
export function flood(pipe: NodeJS.WriteStream, lineEnd = '\n'): void {
  const line = Buffer.from(`${'flood '.repeat(170)}${lineEnd}`);
  pipe.on('error', () => process.exit(1));
  const pour = () => {
    if (pipe.write(line)) setImmediate(pour);
    else pipe.once('drain', () => setImmediate(pour));
  };
  pour();
}

/** Writes to stdout. Synchronous: `process.stdout` may lose text at the exit, and a full pipe must block the program. */
export function printOut(output: string | Buffer): void {
  writeAll(1, output);
}

/** Writes to stderr, like `printOut`. */
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
