import type { CallSettings } from './call-settings.js';
import { compressed } from './compression.js';
import { framedMessage } from './message-reader.js';

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
