import { messageLimits } from '../../model/limits.js';
import type { CallSettings } from './call-settings.js';
import { compressed, type WireMessage } from './compression.js';

const prefixBytes = 5;

/** From this length on a chunk is held as it came; shorter ones are copied together, as thousands may lie here. */
const shortestPiece = 16 * 1024;
const slabSize = 32 * 1024;
/** Up to this length a message that has begun gets a buffer of its own at once, so that its bytes are copied once. */
const longestCollected = 16 * 1024 * 1024;

/** Cuts what arrives on a stream into messages, one at a time as they are asked for. What waits is held as bytes. */
export interface MessageReader {
  push(chunk: Buffer): void;
  /** Takes the next message; `null`: it is not there as a whole. Throws like `hasNext`. */
  next(): WireMessage | null;
  /**
   * Whether the next message is there as a whole. Throws a RangeError for what cannot be the beginning of a message, and
   * a MessageTooLongError for one that is longer than the limit, as soon as its length is known.
   */
  hasNext(): boolean;
  /** The bytes that are held. */
  heldBytes(): number;
}

/** A message that is longer than the limit. It is not read. */
export class MessageTooLongError extends RangeError {
  override readonly name = 'MessageTooLongError';
}

/** A reader of messages up to `limit` bytes. */
export function createMessageReader(limit: number = messageLimits.message): MessageReader {
  let pieces: Buffer[] = [];
  /** Where the first piece goes on. */
  let at = 0;
  let held = 0;
  /** The buffer of the last piece, if it has room for more. */
  let slab: { readonly bytes: Buffer; used: number } | null = null;

  const join = (): Buffer => {
    pieces[0] = (pieces[0] ?? Buffer.alloc(0)).subarray(at);
    const whole = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces, held);
    pieces = [whole];
    at = 0;
    slab = null;
    return whole;
  };
  const copy = (chunk: Buffer): void => {
    if (slab === null || !hasRoom(chunk.length)) {
      slab = { bytes: Buffer.allocUnsafeSlow(slabSize), used: 0 };
      pieces.push(slab.bytes.subarray(0, 0));
    }
    const last = pieces.length - 1;
    const before = pieces[last]?.length ?? 0;
    slab.bytes.set(chunk, slab.used);
    slab.used += chunk.length;
    pieces[last] = slab.bytes.subarray(slab.used - before - chunk.length, slab.used);
  };
  /** Makes room for the whole of the message that has begun. */
  const collect = (missing: number): void => {
    const bytes = Buffer.allocUnsafeSlow(held + missing);
    join().copy(bytes);
    pieces = [bytes.subarray(0, held)];
    slab = { bytes, used: held };
  };
  /** What the message that has begun still needs; 0: none has, or its length is not known. */
  const missingBytes = (): number => {
    const prefix = first(prefixBytes);
    return prefix === null ? 0 : Math.max(0, prefixBytes + prefix.readUInt32BE(at + 1) - held);
  };
  const hasRoom = (length: number): boolean => slab !== null && slab.bytes.length - slab.used >= length;
  const isLong = (length: number): boolean => length > slabSize && length <= longestCollected;
  /** The first piece from where it goes on, with this many bytes; `null`: they are not there. */
  const first = (length: number): Buffer | null => {
    if (held < length) return null;
    const piece = pieces[0];
    return piece !== undefined && piece.length - at >= length ? piece : join();
  };
  /** The length of the next message with its prefix; `null`: it is not there as a whole. */
  const nextLength = (): number | null => {
    const prefix = first(prefixBytes);
    if (prefix === null) return null;
    const length = prefixBytes + lengthOf(prefix, at, limit);
    return held < length ? null : length;
  };

  return {
    push(chunk) {
      if (chunk.length === 0) return;
      const missing = missingBytes();
      const isCollected = slab !== null && slab.bytes.length - slab.used === missing;
      if (!isCollected && isLong(missing) && missing > chunk.length) collect(missing);
      held += chunk.length;
      if (isCollected && missing > 0 && missing < chunk.length) {
        copy(chunk.subarray(0, missing));
        pieces.push(chunk.subarray(missing));
        slab = null;
      } else if (pieces.length > 0 && (chunk.length < shortestPiece || hasRoom(chunk.length))) copy(chunk);
      else {
        pieces.push(chunk);
        slab = null;
      }
    },
    next() {
      const length = nextLength();
      const piece = length === null ? null : first(length);
      if (length === null || piece === null) return null;
      const isCompressed = piece[at] === 1;
      const bytes = unpinned(piece.subarray(at + prefixBytes, at + length));
      at += length;
      held -= length;
      if (at === piece.length) {
        pieces.shift();
        at = 0;
        if (pieces.length === 0) slab = null;
      }
      return { isCompressed, bytes };
    },
    hasNext: () => nextLength() !== null,
    heldBytes: () => held,
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

/** The flag of grpc-js's `WriteFlags` that keeps one message from being compressed. */
const noCompress = 2;

/** A message as it is sent, in pieces. Throws a RangeError where it is longer than the client's own limit. */
export function encodeMessage(
  message: Uint8Array,
  { longestSent, encoding }: CallSettings,
  flags = 0,
): readonly Uint8Array[] {
  if (message.length > longestSent)
    throw new RangeError(`Attempted to send message with a size larger than ${longestSent}`);
  const isCompressed = encoding !== null && (flags & noCompress) === 0;
  return framedMessage(isCompressed ? compressed(message, encoding) : message, isCompressed);
}
