import { constants, gunzipSync, inflateSync } from 'node:zlib';
import { longestMessage, type WireMessage } from './message-reader.js';

/** What a server may compress its messages with. We ourselves send them as they are: both ends are on one machine. */
export const acceptedEncodings = 'identity,deflate,gzip';

const limits = { maxOutputLength: longestMessage, finishFlush: constants.Z_SYNC_FLUSH };

/** A message as it was before it was compressed. Throws for an encoding that is not accepted, and for bad bytes. */
export function unpacked({ isCompressed, bytes }: WireMessage, encoding: string): Buffer {
  if (!isCompressed) return bytes;
  if (encoding === 'gzip') return gunzipSync(bytes, limits);
  if (encoding === 'deflate') return inflateSync(bytes, limits);
  throw new RangeError(`a message is compressed with ${encoding}, which was not offered`);
}
