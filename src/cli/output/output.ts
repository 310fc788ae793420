import { printableText } from '../../model/index.js';
import { ownCodes } from './colours.js';

/** The border of this program: everything that it prints passes here, and none of it can harm the terminal. */
export interface Output {
  /** Prints the whole text with a line end; waits for its reader as long as it takes. */
  readonly print: (text: string) => void;
  /**
   * Writes text without waiting for a reader. Returns `false`, and drops it, while too much is unread. `codes` are written
   * before it as they are.
   */
  readonly tryWrite: (text: string, codes?: string) => boolean;
  /** Calls the listener when everything was read after something had been dropped. */
  readonly onRead: (listener: () => void) => void;
}

/** How much may be unread before further text is dropped, in characters. */
const maxUnread = 1024 * 1024;

/** How long the end of the program waits for a reader, in milliseconds. */
const lastReadMs = 1000;

/** The border to one of the streams of this process. */
export function createOutput(stream: NodeJS.WriteStream): Output {
  return {
    print: (text) => {
      stream.write(`${cleanText(text, stream)}\n`);
    },
    tryWrite(text, codes = '') {
      if (stream.writableLength > maxUnread) return false;
      stream.write(codes + cleanText(text, stream));
      return true;
    },
    onRead: (listener) => {
      stream.on('drain', listener);
    },
  };
}

/**
 * Lets no stream of this process block it, as a terminal does that is stopped, and ends the process even if its last
 * output is not read.
 */
export function neverBlock(...streams: NodeJS.WriteStream[]): { readonly end: () => void } {
  for (const stream of streams) {
    // Node makes terminals, and only those, block the process.
    const { _handle: handle } = stream as { readonly _handle?: { setBlocking?(blocking: boolean): void } };
    if (stream.isTTY) handle?.setBlocking?.(false);
  }
  return {
    end: () => {
      // It fires only if something still keeps the process alive.
      setTimeout(() => process.exit(), lastReadMs).unref();
    },
  };
}

/** Printable lines; on a terminal with the colours of this program. */
function cleanText(text: string, { isTTY }: NodeJS.WriteStream): string {
  const lines = text.split('\n');
  const clean = (line: string): string =>
    line
      .split(ownCodes)
      .map((part, index) => (isTTY && index % 2 === 1 ? part : printableText(part)))
      .join('');
  return lines.map(clean).join('\n');
}

/**
 * Prints lines with `write`, which returns whether there was room. Lines without room are dropped until everything is
 * read; then `describe` makes the line that replaces them.
 */
export function createLinePrinter(
  output: Output,
  write: (line: string) => boolean,
  describe: (dropped: number) => string,
): (line: string) => void {
  let dropped = 0;
  output.onRead(() => {
    if (dropped > 0 && write(describe(dropped))) dropped = 0;
  });
  return (line) => {
    if (dropped > 0 || !write(line)) dropped += 1;
  };
}
