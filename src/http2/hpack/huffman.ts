import { HpackError } from './hpack-error.js';
import {
  codeOf,
  countOf,
  endOfString,
  firstCode,
  firstSymbol,
  lengthOf,
  longestCode,
  symbols,
} from './huffman-code.js';

/** Most symbols have codes of at most 8 bits: by the next 8 bits, `symbol << 4 | length`; 0 where the code is longer. */
const shortCodes = new Uint16Array(256);
for (let symbol = 0; symbol < endOfString; symbol += 1) {
  const length = lengthOf[symbol] ?? 0;
  if (length > 8) continue;
  const first = (codeOf[symbol] ?? 0) << (8 - length);
  shortCodes.fill((symbol << 4) | length, first, first + (1 << (8 - length)));
}

/** The bytes of a Huffman-coded string as text with one byte a character. Throws a {@link HpackError}. */
export function decodeHuffman(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  let held = 0;
  let bits = 0;
  let at = from;
  for (;;) {
    while (bits <= 16 && at < to) {
      held = ((held << 8) | (bytes[at] ?? 0)) & 0xff_ffff;
      bits += 8;
      at += 1;
    }
    if (bits < 8 && at >= to) break;
    const short = shortCodes[(held >> (bits - 8)) & 0xff] ?? 0;
    if (short === 0) return text + decodeSlowly(bytes, at * 8 - bits - from * 8, from, to);
    text += String.fromCharCode(short >> 4);
    bits -= short & 15;
  }
  return text + decodeTail(held & ((1 << bits) - 1), bits);
}

/** The last bits, fewer than eight: short codes, then the padding. */
function decodeTail(held: number, bits: number): string {
  const short = shortCodes[((held << (8 - bits)) | (0xff >> bits)) & 0xff] ?? 0;
  const length = short & 15;
  if (short !== 0 && length <= bits)
    return String.fromCharCode(short >> 4) + decodeTail(held & ((1 << (bits - length)) - 1), bits - length);
  if (held !== (1 << bits) - 1) throw new HpackError('a Huffman-coded string with wrong padding');
  return '';
}

/** Bit by bit, from where a long code begins. Text in headers seldom has one. */
function decodeSlowly(bytes: Uint8Array, fromBit: number, from: number, to: number): string {
  let text = '';
  let code = 0;
  let length = 0;
  for (let bit = fromBit; bit < (to - from) * 8; bit += 1) {
    code = code * 2 + (((bytes[from + (bit >> 3)] ?? 0) >> (7 - (bit & 7))) & 1);
    length += 1;
    const place = code - (firstCode[length] ?? 0);
    if (place < (countOf[length] ?? 0)) {
      const symbol = symbols[(firstSymbol[length] ?? 0) + place] ?? endOfString;
      if (symbol === endOfString) break;
      text += String.fromCharCode(symbol);
      code = 0;
      length = 0;
    } else if (length === longestCode) break;
  }
  if (length > 7 || code !== 2 ** length - 1)
    throw new HpackError('a Huffman-coded string with wrong padding');
  return text;
}

/** How many bytes the text takes when it is coded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at += 1) bits += lengthOf[text.charCodeAt(at) & 0xff] ?? 0;
  return (bits + 7) >> 3;
}

/** The text, one byte a character, as it is coded. */
export function encodeHuffman(text: string): Uint8Array {
  const bytes = new Uint8Array(huffmanLength(text));
  let at = 0;
  let held = 0;
  let bits = 0;
  for (let index = 0; index < text.length; index += 1) {
    const symbol = text.charCodeAt(index) & 0xff;
    const length = lengthOf[symbol] ?? 0;
    // At most 7 + 30 bits: more than a 32-bit operation takes.
    held = (held % 128) * 2 ** length + (codeOf[symbol] ?? 0);
    bits += length;
    while (bits >= 8) {
      bits -= 8;
      bytes[at] = Math.floor(held / 2 ** bits) & 0xff;
      at += 1;
      held %= 2 ** bits;
    }
  }
  if (bits > 0) bytes[at] = ((held << (8 - bits)) | (0xff >> bits)) & 0xff;
  return bytes;
}
