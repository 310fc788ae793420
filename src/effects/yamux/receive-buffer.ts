/** What has arrived on a stream and was not asked for yet. The peer's window bounds it. */
export interface ReceiveBuffer {
  readonly add: (bytes: Uint8Array) => void;
  /** Nothing will come after what is here. */
  readonly end: () => void;
  /** The reader wants something. */
  readonly pull: () => void;
  readonly isEmpty: () => boolean;
  readonly clear: () => void;
}

export interface Reader {
  /** Takes the next bytes, or the end, and says whether it wants more. */
  readonly push: (bytes: Uint8Array | null) => boolean;
  /** Bytes have been taken. */
  readonly consume: (length: number) => void;
}

/** Holds bytes until they are wanted, so that the peer gets credit for what is read and not for what arrives. */
export function createReceiveBuffer({ push, consume }: Reader): ReceiveBuffer {
  let held: Uint8Array[] = [];
  let next = 0;
  let isWanted = false;
  let end: 'none' | 'received' | 'pushed' = 'none';

  const take = (): Uint8Array | undefined => {
    const bytes = held[next];
    next += 1;
    if (next < held.length) return bytes;
    held = [];
    next = 0;
    return bytes;
  };
  const deliver = (): void => {
    while (isWanted && held.length > 0) {
      const bytes = take();
      if (bytes === undefined) break;
      isWanted = push(bytes);
      consume(bytes.length);
    }
    if (end !== 'received' || held.length > 0) return;
    end = 'pushed';
    push(null);
  };

  return {
    add(bytes) {
      held.push(bytes);
      deliver();
    },
    end() {
      end = 'received';
      deliver();
    },
    pull() {
      isWanted = true;
      deliver();
    },
    isEmpty: () => held.length === 0,
    clear() {
      held = [];
      next = 0;
      end = 'pushed';
    },
  };
}
