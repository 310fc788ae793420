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

/** A message that is longer than the limit. It is not read. */
export class MessageTooLongError extends RangeError {
  override readonly name = 'MessageTooLongError';
}

/** A reader of messages up to `limit` bytes. Its `push` throws a MessageTooLongError for a longer one. */
export function createMessageReader(limit = longestMessage): MessageReader {
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
    needed = rest.length < prefixBytes ? prefixBytes : prefixBytes + lengthOf(rest, 0, limit);
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
        const end = at + prefixBytes + lengthOf(whole, at, limit);
        if (end > whole.length) break;
        messages.push({
          isCompressed: whole[at] === 1,
          bytes: unpinned(whole.subarray(at + prefixBytes, end)),
        });
        at = end;
      }
      hold(whole.subarray(at));
      return messages;
    },
    isWithin: () => heldBytes > 0,
  };
}

function lengthOf(bytes: Buffer, at: number, limit: number): number {
  const flag = bytes.readUInt8(at);
  const length = bytes.readUInt32BE(at + 1);
  if (flag > 1) throw new RangeError(`a message begins with the byte ${flag}, not with 0 or 1`);
  if (length > limit)
    throw new MessageTooLongError(`Received message larger than max (${length} vs ${limit})`);
  return length;
}

/** From this size on a buffer is not kept alive for a message that is a small part of it. */
const smallestPinned = 16 * 1024;

/** A message that does not keep a much larger buffer in memory. */
export function unpinned(message: Buffer): Buffer {
  const { byteLength } = message.buffer;
  return byteLength >= smallestPinned && message.length * 4 < byteLength ? Buffer.from(message) : message;
}

/** A message with its prefix. */
export function withPrefix(message: Uint8Array, isCompressed = false): Buffer {
  const framed = Buffer.allocUnsafe(prefixBytes + message.length);
  writePrefix(framed, message.length, isCompressed);
  framed.set(message, prefixBytes);
  return framed;
}

/** Beyond this length only the beginning of a message is copied behind its prefix. */
const longestCopy = 64 * 1024;
const firstPart = 16 * 1024 - prefixBytes;

/** A message with its prefix, in few pieces and without a copy of what is long. */
export function framedMessage(message: Uint8Array, isCompressed: boolean): readonly Uint8Array[] {
  if (message.length <= longestCopy) return [withPrefix(message, isCompressed)];
  const first = withPrefix(message.subarray(0, firstPart), isCompressed);
  writePrefix(first, message.length, isCompressed);
  return [first, message.subarray(firstPart)];
}

function writePrefix(framed: Buffer, length: number, isCompressed: boolean): void {
  framed[0] = isCompressed ? 1 : 0;
  framed.writeUInt32BE(length, 1);
}
