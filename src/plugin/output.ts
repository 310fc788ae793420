import { writeSync } from 'node:fs';

/** The process's own outputs, by their file descriptors. */
export const descriptors = { stdout: 1, stderr: 2 } as const;

/** The name of an output. */
export type OutputName = keyof typeof descriptors;

/** Writes all of it before it returns, also to a full pipe. Throws what the system says, for example EPIPE. */
export function writeWhole(output: OutputName, text: string | Uint8Array): void {
  let rest = Buffer.from(text as string);
  while (rest.length > 0) rest = rest.subarray(writeSome(descriptors[output], rest));
}

/** The same for what may be lost without a reader: a plugin does not fail because its host has gone. */
export function writeIfRead(output: OutputName, text: string | Uint8Array): void {
  try {
    writeWhole(output, text);
  } catch {
    // Without a reader the text is lost, and so would be a report of it.
  }
}

/**
 * Makes `process.stdout` and `process.stderr` write before they return. On a pipe Node keeps in memory what does not
 * fit at once, and loses it in `process.exit`, `process.abort` and a SIGKILL. A full pipe then makes a print wait, as it
 * does in most languages.
 */
export async function printSynchronously(): Promise<void> {
  await Promise.all([process.stdout, process.stderr].map(blockOn));
}

/** libuv's handle, which files and terminals do not have: they are written to synchronously anyway. */
interface WithHandle {
  readonly _handle?: { readonly setBlocking?: (isBlocking: boolean) => number };
}

async function blockOn(stream: NodeJS.WriteStream): Promise<void> {
  // A broken pipe must not end a plugin that is taken over later by another host.
  stream.on('error', () => undefined);
  // libuv forbids the change while writes are queued.
  while (stream.writableLength > 0) await new Promise((resolve) => stream.write('', resolve));
  (stream as WithHandle)._handle?.setBlocking?.(true);
}

function writeSome(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    return 0;
  }
}
