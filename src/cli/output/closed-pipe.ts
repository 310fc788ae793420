/** The errors of writing to a pipe or a terminal whose other end is gone. */
const closedCodes: readonly (string | undefined)[] = ['EPIPE', 'EIO', 'ECONNRESET'];

/** Whether an output failed because nobody reads it any more, as with `| head`. */
export function isOutputClosed({ code }: NodeJS.ErrnoException): boolean {
  return closedCodes.includes(code);
}

/** Discards what is written to an output that nobody reads any more, so that a command ends with its own exit code. */
export function discardClosedOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!isOutputClosed(error)) throw error;
    });
}
