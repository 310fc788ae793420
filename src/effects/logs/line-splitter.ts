/** A line longer than this is delivered in pieces. go-plugin's own bound. */
export const maxLineBytes = 64 * 1024;

/** How many pieces of an unfinished line are held apart. */
const maxPieces = 64;

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
  let buffered: Buffer[] = [];
  let bufferedBytes = 0;

  const take = (): string => {
    const text = Buffer.concat(buffered, bufferedBytes).toString('utf8');
    buffered = [];
    bufferedBytes = 0;
    return text;
  };
  const buffer = (piece: Buffer): void => {
    buffered.push(piece);
    bufferedBytes += piece.length;
    // A line that comes byte by byte: each piece holds a chunk, which is larger than its bytes.
    if (buffered.length >= maxPieces) buffered = [Buffer.concat(buffered, bufferedBytes)];
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: string[] = [];
      let start = 0;
      while (start < bytes.length) {
        const newline = bytes.indexOf(10, start);
        const end = newline === -1 ? bytes.length : newline;
        const room = limit - bufferedBytes;
        if (end - start > room) {
          buffer(bytes.subarray(start, start + room));
          lines.push(take());
          start += room;
          continue;
        }
        buffer(bytes.subarray(start, end));
        if (newline === -1) break;
        lines.push(take().replace(/\r$/, ''));
        start = newline + 1;
      }
      return lines;
    },
    rest: () => Buffer.concat(buffered, bufferedBytes).toString('utf8'),
  };
}
