/** A part of a byte stream, of bounded size. */
export interface BoundedBuffer {
  push(chunk: Uint8Array): void;
  text(): string;
}

/** The end of a byte stream, of bounded size. */
export interface TailBuffer extends BoundedBuffer {
  /** How many bytes were pushed so far. */
  length(): number;
  /** What was pushed after the first `length` bytes, as far as it is kept. */
  textSince(length: number): string;
}

/** Keeps the last `limit` bytes. */
export function createTailBuffer(limit: number): TailBuffer {
  let tail: Buffer = Buffer.alloc(0);
  let pushed = 0;
  return {
    push(chunk) {
      pushed += chunk.length;
      tail = Buffer.concat([tail, chunk.subarray(Math.max(0, chunk.length - limit))]);
      if (tail.length > limit) tail = Buffer.from(tail.subarray(tail.length - limit));
    },
    text: () => tail.toString('utf8'),
    length: () => pushed,
    textSince: (length) => tail.subarray(Math.max(0, tail.length - (pushed - length))).toString('utf8'),
  };
}

/** Keeps the first `limit` bytes. */
export function createHeadBuffer(limit: number): BoundedBuffer {
  const chunks: Uint8Array[] = [];
  let room = limit;
  return {
    push(chunk) {
      if (room === 0) return;
      const part = chunk.subarray(0, room);
      room -= part.length;
      chunks.push(part);
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}
