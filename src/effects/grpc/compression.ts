import { deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib';
import { longestMessage, type WireMessage } from './message-reader.js';

/** What a server may compress its messages with. */
export const acceptedEncodings = 'identity,deflate,gzip';

/** How large a message may become whose receiver sets no limit: a few bytes can inflate to gigabytes. */
const longestInflated = 64 * 1024 * 1024;

/**
 * A message as it was before it was compressed. Throws for an encoding that is not accepted, for bad bytes, and with
 * the code `ERR_BUFFER_TOO_LARGE` as soon as it is larger than the limit.
 */
export function decompressed({ isCompressed, bytes }: WireMessage, encoding: string, limit: number): Buffer {
  if (!isCompressed) return bytes;
  const options = { maxOutputLength: limit < longestMessage ? Math.max(1, limit) : longestInflated };
  if (encoding === 'gzip') return gunzipSync(bytes, options);
  if (encoding === 'deflate') return inflateSync(bytes, options);
  throw new RangeError(`a message is compressed with ${encoding}, which was not offered`);
}

/** A message in an encoding. */
export function compressed(message: Uint8Array, encoding: 'gzip' | 'deflate'): Buffer {
  return encoding === 'gzip' ? gzipSync(message) : deflateSync(message);
}
