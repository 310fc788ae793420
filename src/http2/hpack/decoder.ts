import { createDynamicTable, fieldAt, insertField, resizeTable, sizeOfField } from './dynamic-table.js';
import { HpackError } from './hpack-error.js';
import { decodeHuffman } from './huffman.js';
import type { HeaderField } from './static-table.js';

/** A header block as it was decoded, or why it cannot be. After a failure the connection cannot go on. */
export type BlockReading =
  | {
      readonly ok: true;
      readonly fields: readonly HeaderField[];
      /** There were more fields than the limit allows: they were decoded, and left out. */
      readonly isTooLarge: boolean;
    }
  | { readonly ok: false; readonly problem: string };

/** Decodes the header blocks of one direction of a connection, in the order in which they come. */
export interface HpackDecoder {
  decode(block: Uint8Array): BlockReading;
  /** The largest table that the other side may use from now on. */
  allow(tableSize: number): void;
  /** Whether no block depends on one that came before it. */
  isStateless(): boolean;
}

interface Reader {
  readonly bytes: Uint8Array;
  at: number;
}

/** More continuation bytes in an integer than this are refused: no length or index is that large. */
const longestContinuation = 4;

/** `tableSize` is the largest dynamic table that the encoder may use, `longestList` the limit of one decoded block. */
export function createHpackDecoder(tableSize: number, longestList: number): HpackDecoder {
  const table = createDynamicTable(tableSize);
  let allowed = tableSize;

  const resize = (size: number): void => {
    if (size > allowed) throw new HpackError(`a table of ${size} bytes, and ${allowed} were allowed`);
    resizeTable(table, size);
  };
  const readName = (reader: Reader, index: number): string => {
    if (index === 0) return readString(reader);
    return known(index).name;
  };
  const known = (index: number): HeaderField => {
    const field = index === 0 ? undefined : fieldAt(table, index);
    if (field === undefined) throw new HpackError(`a field with the unknown index ${index}`);
    return field;
  };
  const readLiteral = (reader: Reader, prefixBits: number): HeaderField => {
    const name = readName(reader, readInteger(reader, prefixBits));
    return { name, value: readString(reader) };
  };
  /** The next field, or `null` for a change of the table's size. */
  const readField = (reader: Reader, isFirst: boolean): HeaderField | null => {
    const first = reader.bytes[reader.at] ?? 0;
    if (first >= 0x80) return known(readInteger(reader, 7));
    if (first >= 0x40) {
      const field = readLiteral(reader, 6);
      insertField(table, field);
      return field;
    }
    if (first < 0x20) return { ...readLiteral(reader, 4), ...(first >= 0x10 && { isSensitive: true }) };
    if (!isFirst) throw new HpackError('a change of the table size in the middle of a block');
    resize(readInteger(reader, 5));
    return null;
  };

  return {
    decode(block) {
      const reader: Reader = { bytes: block, at: 0 };
      const fields: HeaderField[] = [];
      let size = 0;
      let isFirst = true;
      try {
        while (reader.at < block.length) {
          const field = readField(reader, isFirst);
          if (field === null) continue;
          isFirst = false;
          size += sizeOfField(field);
          if (size <= longestList) fields.push(field);
        }
      } catch (error) {
        if (error instanceof HpackError) return { ok: false, problem: error.message };
        throw error;
      }
      return { ok: true, fields, isTooLarge: size > longestList };
    },
    allow(size) {
      allowed = size;
      if (table.maxSize > size) resizeTable(table, size);
    },
    isStateless: () => allowed === 0,
  };
}

function readInteger(reader: Reader, prefixBits: number): number {
  const most = 2 ** prefixBits - 1;
  let value = nextByte(reader) & most;
  if (value < most) return value;
  for (let continuation = 0; continuation < longestContinuation; continuation += 1) {
    const byte = nextByte(reader);
    value += (byte & 0x7f) * 2 ** (7 * continuation);
    if (byte < 0x80) return value;
  }
  throw new HpackError('an integer that is too long');
}

function readString(reader: Reader): string {
  const isHuffman = (reader.bytes[reader.at] ?? 0) >= 0x80;
  const length = readInteger(reader, 7);
  const from = reader.at;
  reader.at += length;
  if (reader.at > reader.bytes.length) throw new HpackError('a string that is longer than its block');
  return isHuffman
    ? decodeHuffman(reader.bytes, from, reader.at)
    : latin1(reader.bytes.subarray(from, reader.at));
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

function nextByte(reader: Reader): number {
  const byte = reader.bytes[reader.at];
  if (byte === undefined) throw new HpackError('a block that ends within a field');
  reader.at += 1;
  return byte;
}
