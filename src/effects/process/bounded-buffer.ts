/** A part of a byte stream, of bounded size. */
export interface BoundedBuffer {
  push(chunk: Uint8Array): void;
  text(): string;
}

/** Keeps the last `limit` bytes. */
export function createTailBuffer(limit: number): BoundedBuffer {
  let tail: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      tail = Buffer.concat([tail, chunk.subarray(Math.max(0, chunk.length - limit))]);
      if (tail.length > limit) tail = Buffer.from(tail.subarray(tail.length - limit));
    },
    text: () => tail.toString('utf8'),
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
