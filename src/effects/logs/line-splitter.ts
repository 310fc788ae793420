import { outputLimits } from '../../model/limits.js';

/** A line longer than this many bytes is delivered in pieces, as in go-plugin. */
export const maxLineBytes = outputLimits.line;

/** How many chunks of an unfinished line are buffered before they are joined. */
const maxPieces = 64;

/** Cuts one stream of bytes into lines. */
export interface LineSplitter {
  /** Takes the next bytes; returns the lines that they complete, without their line ends. */
  push(chunk: Uint8Array): string[];
  /** Takes the next bytes and drops the lines that they complete; returns how many. */
  skip(chunk: Uint8Array): number;
  /** The text since the last line end. */
  rest(): string;
}

/**
 * Cuts a stream of bytes into lines; buffers at most one line of `limit` bytes. Lines end at LF, a CR before it is
 * dropped; bytes that are no UTF-8 become U+FFFD.
 */
export function createLineSplitter(limit: number = maxLineBytes): LineSplitter {
  let buffered: Buffer[] = [];
  let bufferedBytes = 0;

  const flush = (): string => {
    const text = Buffer.concat(buffered, bufferedBytes).toString('utf8');
    buffered = [];
    bufferedBytes = 0;
    return text;
  };
  const buffer = (piece: Buffer): void => {
    buffered.push(piece);
    bufferedBytes += piece.length;
    // A line that comes byte by byte: each piece keeps its whole chunk in memory.
    if (buffered.length >= maxPieces) buffered = [Buffer.concat(buffered, bufferedBytes)];
  };

  const splitter: LineSplitter = {
    skip(chunk) {
      let lines = 0;
      for (let at = 0; at < chunk.length; at += 1) if (chunk[at] === 10) lines += 1;
      if (lines > 0) {
        buffered = [];
        bufferedBytes = 0;
      }
      return lines + splitter.push(chunk.subarray(chunk.lastIndexOf(10) + 1)).length;
    },
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
          lines.push(flush());
          start += room;
          continue;
        }
        buffer(bytes.subarray(start, end));
        if (newline === -1) break;
        lines.push(flush().replace(/\r$/, ''));
        start = newline + 1;
      }
      return lines;
    },
    rest: () => Buffer.concat(buffered, bufferedBytes).toString('utf8'),
  };
  return splitter;
}
