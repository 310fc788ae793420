/** A line longer than this is delivered in pieces. go-plugin's own bound. */
export const maxLineBytes = 64 * 1024;

/** How many pieces of an unfinished line are held apart. */
const mostPieces = 64;

export interface LineSplitter {
  /** Takes the next bytes; returns the lines that they complete, without their line ends. */
  push(chunk: Uint8Array): string[];
  /** What has come since the last line end. */
  rest(): string;
}

/**
 * Cuts a stream of bytes into lines, holding at most one bounded line. Lines end at LF, a CR before it is
 * dropped; bytes that are no UTF-8 become U+FFFD, so a plugin can print whatever it likes.
 */
export function createLineSplitter(limit = maxLineBytes): LineSplitter {
  let held: Buffer[] = [];
  let heldBytes = 0;

  const take = (): string => {
    const text = Buffer.concat(held, heldBytes).toString('utf8');
    held = [];
    heldBytes = 0;
    return text;
  };
  const hold = (piece: Buffer): void => {
    held.push(piece);
    heldBytes += piece.length;
    // A line that comes byte by byte: each piece holds a chunk, which is larger than its bytes.
    if (held.length >= mostPieces) held = [Buffer.concat(held, heldBytes)];
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: string[] = [];
      let start = 0;
      while (start < bytes.length) {
        const newline = bytes.indexOf(10, start);
        const end = newline === -1 ? bytes.length : newline;
        const room = limit - heldBytes;
        if (end - start > room) {
          hold(bytes.subarray(start, start + room));
          lines.push(take());
          start += room;
          continue;
        }
        hold(bytes.subarray(start, end));
        if (newline === -1) break;
        lines.push(take().replace(/\r$/, ''));
        start = newline + 1;
      }
      return lines;
    },
    rest: () => Buffer.concat(held, heldBytes).toString('utf8'),
  };
}
