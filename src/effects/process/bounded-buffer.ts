/** A bounded part of a stream of bytes. */
export interface BoundedBuffer {
  push(chunk: Uint8Array): void;
  text(): string;
}

/** Keeps the last `limit` bytes. */
export function createTailBuffer(limit: number): BoundedBuffer {
  let kept: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      kept = Buffer.concat([kept, chunk.subarray(Math.max(0, chunk.length - limit))]);
      if (kept.length > limit) kept = Buffer.from(kept.subarray(kept.length - limit));
    },
    text: () => kept.toString('utf8'),
  };
}

/** Keeps the first `limit` bytes. */
export function createHeadBuffer(limit: number): BoundedBuffer {
  const kept: Uint8Array[] = [];
  let room = limit;
  return {
    push(chunk) {
      if (room === 0) return;
      const part = chunk.subarray(0, room);
      room -= part.length;
      kept.push(part);
    },
    text: () => Buffer.concat(kept).toString('utf8'),
  };
}
