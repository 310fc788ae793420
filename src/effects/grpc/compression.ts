import { deflateSync, gunzip, gunzipSync, gzipSync, inflate, inflateSync } from 'node:zlib';
import { messageLimits } from '../../model/limits.js';

/** One length-prefixed message of gRPC as it came. */
export interface WireMessage {
  readonly isCompressed: boolean;
  readonly bytes: Buffer;
}

/** What a server may compress its messages with. */
export const acceptedEncodings = 'identity,deflate,gzip';

/** A message as it was before it was compressed, or why it cannot be had. */
export type Decompressed = { readonly bytes: Buffer } | { readonly error: unknown };

/**
 * Calls back with a message as it was before it was compressed: at once where that takes no time, else later. The error
 * is for an encoding that is not accepted, for bad bytes, and with the code `ERR_BUFFER_TOO_LARGE` for what is larger
 * than the limit: no more than that is ever inflated.
 */
export function decompress(
  { isCompressed, bytes }: WireMessage,
  encoding: string,
  limit: number,
  done: (outcome: Decompressed) => void,
): void {
  if (!isCompressed) {
    done({ bytes });
    return;
  }
  const way = ways.get(encoding);
  if (way === undefined) {
    done({ error: new RangeError(`a message is compressed with ${encoding}, which was not offered`) });
    return;
  }
  const maxOutputLength = limit < messageLimits.message ? Math.max(1, limit) : messageLimits.inflatedMessage;
  if (bytes.length > messageLimits.inflatedAtOnce) {
    way.later(bytes, { maxOutputLength }, (error, result) => {
      done(error === null ? { bytes: result } : { error });
    });
    return;
  }
  done(attempt(() => way.now(bytes, { maxOutputLength })));
}

const ways = new Map([
  ['gzip', { now: gunzipSync, later: gunzip }],
  ['deflate', { now: inflateSync, later: inflate }],
]);

function attempt(make: () => Buffer): Decompressed {
  try {
    return { bytes: make() };
  } catch (error) {
    return { error };
  }
}

/** A message in an encoding. */
export function compressed(message: Uint8Array, encoding: 'gzip' | 'deflate'): Buffer {
  return encoding === 'gzip' ? gzipSync(message) : deflateSync(message);
}
