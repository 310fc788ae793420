/** The received bytes of a stream that were not read yet. The peer's window bounds their number. */
export interface ReceiveBuffer {
  /** Appends received bytes. */
  readonly add: (bytes: Uint8Array) => void;
  /** No bytes follow those in the buffer. */
  readonly end: () => void;
  /** The reader asks for bytes. */
  readonly pull: () => void;
  readonly isEmpty: () => boolean;
  /** Discards everything; the end is not delivered any more. */
  readonly clear: () => void;
}

/** What reads from the buffer. */
export interface Reader {
  /** Takes the next bytes, or `null` at the end; returns whether it can take more. */
  readonly push: (bytes: Uint8Array | null) => boolean;
  /** Called with the number of bytes that were delivered. */
  readonly consume: (length: number) => void;
}

/** Buffers bytes until they are read, so that the peer gets credit for what is read, not for what arrives. */
export function createReceiveBuffer({ push, consume }: Reader): ReceiveBuffer {
  let chunks: Uint8Array[] = [];
  let next = 0;
  let isPulled = false;
  let end: 'none' | 'received' | 'pushed' = 'none';

  const take = (): Uint8Array | undefined => {
    const bytes = chunks[next];
    next += 1;
    if (next < chunks.length) return bytes;
    chunks = [];
    next = 0;
    return bytes;
  };
  const deliver = (): void => {
    while (isPulled && chunks.length > 0) {
      const bytes = take();
      if (bytes === undefined) break;
      isPulled = push(bytes);
      consume(bytes.length);
    }
    if (end !== 'received' || chunks.length > 0) return;
    end = 'pushed';
    push(null);
  };

  return {
    add(bytes) {
      chunks.push(bytes);
      deliver();
    },
    end() {
      end = 'received';
      deliver();
    },
    pull() {
      isPulled = true;
      deliver();
    },
    isEmpty: () => chunks.length === 0,
    clear() {
      chunks = [];
      next = 0;
      end = 'pushed';
    },
  };
}
