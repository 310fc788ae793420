import { http2Limits as limits } from '../model/limits.js';
import type { HeaderField, HpackDecoder } from './hpack/index.js';

/** A header block of a response, decoded and checked. */
export interface ResponseBlock<Block> {
  /** The HTTP status; `null` in trailers. */
  readonly status: number | null;
  /** Why it is none of HTTP/2 (RFC 9113, section 8); `null`: it is. */
  readonly problem: string | null;
  readonly isTooLarge: boolean;
  /** What the owner of the session made of its fields. */
  readonly block: Block;
}

/** Decodes the header blocks of responses. Those that came before are recognised by their bytes. */
export interface ResponseBlocks<Block> {
  /** The block, or why it cannot be decoded. */
  read(decoder: HpackDecoder, bytes: Uint8Array): ResponseBlock<Block> | string;
}

interface Remembered<Block> {
  readonly bytes: Uint8Array;
  readonly response: ResponseBlock<Block>;
}

/**
 * `read` makes of a block's fields what its owner needs, once for blocks of the same bytes. A block is remembered only
 * while the decoder has no dynamic table: then it depends on nothing that came before.
 */
export function createResponseBlocks<Block>(
  read: (fields: readonly HeaderField[]) => Block,
): ResponseBlocks<Block> {
  const remembered: (Remembered<Block> | undefined)[] = new Array<undefined>(limits.rememberedBlocks);

  const decode = (decoder: HpackDecoder, bytes: Uint8Array): ResponseBlock<Block> | string => {
    const reading = decoder.decode(bytes);
    if (!reading.ok) return reading.problem;
    const { fields, isTooLarge } = reading;
    return { ...checked(fields), isTooLarge, block: read(fields) };
  };

  return {
    read(decoder, bytes) {
      if (!decoder.isStateless() || bytes.length > limits.rememberedBlockSize) return decode(decoder, bytes);
      const place = hashOf(bytes) % limits.rememberedBlocks;
      const known = remembered[place];
      if (known !== undefined && isSame(known.bytes, bytes)) return known.response;
      const response = decode(decoder, bytes);
      if (typeof response !== 'string') remembered[place] = { bytes: bytes.slice(), response };
      return response;
    },
  };
}

function hashOf(bytes: Uint8Array): number {
  let hash = bytes.length;
  for (const byte of bytes) hash = (Math.imul(hash, 31) + byte) | 0;
  return hash >>> 0;
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at += 1) if (one[at] !== other[at]) return false;
  return true;
}

/** What only concerns one hop of HTTP/1 and makes a message of HTTP/2 malformed. */
const ofConnections: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

function checked(fields: readonly HeaderField[]): Pick<ResponseBlock<unknown>, 'status' | 'problem'> {
  let status: number | null = null;
  let isPseudoOver = false;
  for (const { name, value } of fields) {
    if (name.startsWith(':')) {
      if (name !== ':status') return { status, problem: `the pseudo-header ${name}` };
      if (isPseudoOver) return { status, problem: ':status behind other fields' };
      if (status !== null) return { status, problem: ':status twice' };
      if (!/^[1-9]\d\d$/.test(value))
        return { status, problem: 'a :status that is no number of three digits' };
      status = Number(value);
      continue;
    }
    isPseudoOver = true;
    if (/[\0- A-Z\x7f-\xff:]/.test(name) || name === '') return { status, problem: 'an invalid field name' };
    if (/[\0\r\n]/.test(value)) return { status, problem: `an invalid value of ${name}` };
    if (ofConnections.has(name)) return { status, problem: `the field ${name}, which HTTP/2 does not have` };
  }
  return { status, problem: null };
}
