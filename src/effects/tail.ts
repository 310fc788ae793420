/** The end of a stream of bytes: all that is kept of it. */
export interface Tail {
  push(chunk: Uint8Array): void;
  text(): string;
}

/** Keeps the last `limit` bytes. */
export function createTail(limit: number): Tail {
  let kept: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      kept = Buffer.concat([kept, chunk.subarray(Math.max(0, chunk.length - limit))]);
      if (kept.length > limit) kept = Buffer.from(kept.subarray(kept.length - limit));
    },
    text: () => kept.toString('utf8'),
  };
}
