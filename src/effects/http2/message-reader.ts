/** One length-prefixed message of gRPC as it came. */
export interface WireMessage {
  readonly isCompressed: boolean;
  readonly bytes: Buffer;
}

/** The longest message that is taken: go-plugin's own limit. */
export const longestMessage = 2 ** 31 - 1;

const prefixBytes = 5;

/** Cuts what arrives on a stream into messages. */
export interface MessageReader {
  /** Throws a RangeError for what cannot be the beginning of a message. */
  push(chunk: Buffer): readonly WireMessage[];
  /** Whether a message has begun and not ended. */
  isWithin(): boolean;
}

export function createMessageReader(): MessageReader {
  let held: Buffer[] = [];
  let heldBytes = 0;
  /** What has to be there before another message can be read. */
  let needed = prefixBytes;

  const join = (): Buffer => {
    const [only] = held;
    const whole = only !== undefined && held.length === 1 ? only : Buffer.concat(held, heldBytes);
    held = [];
    heldBytes = 0;
    return whole;
  };
  const hold = (rest: Buffer): void => {
    needed = rest.length < prefixBytes ? prefixBytes : prefixBytes + lengthOf(rest, 0);
    if (rest.length === 0) return;
    held.push(rest);
    heldBytes = rest.length;
  };

  return {
    push(chunk) {
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes < needed) return [];
      const whole = join();
      const messages: WireMessage[] = [];
      let at = 0;
      while (whole.length - at >= prefixBytes) {
        const end = at + prefixBytes + lengthOf(whole, at);
        if (end > whole.length) break;
        messages.push({ isCompressed: whole[at] === 1, bytes: whole.subarray(at + prefixBytes, end) });
        at = end;
      }
      hold(whole.subarray(at));
      return messages;
    },
    isWithin: () => heldBytes > 0,
  };
}

function lengthOf(bytes: Buffer, at: number): number {
  const flag = bytes.readUInt8(at);
  const length = bytes.readUInt32BE(at + 1);
  if (flag > 1) throw new RangeError(`a message begins with the byte ${flag}, not with 0 or 1`);
  if (length > longestMessage) throw new RangeError(`a message of ${length} bytes is announced`);
  return length;
}

/** A message with its prefix, uncompressed. */
export function withPrefix(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, prefixBytes);
  return framed;
}
