import { createDynamicTable, dynamicIndex, insertField, resizeTable, sizeOfField } from './dynamic-table.js';
import { encodeHuffman, huffmanLength } from './huffman.js';
import { staticFieldIndex, staticNameIndex, type HeaderField } from './static-table.js';

/**
 * Encodes the header blocks of one direction of a connection. Nothing is evicted to make room for a new entry: what
 * was indexed keeps its place until something is added or the table changes its size, and `version` with it.
 */
export interface HpackEncoder {
  /** Fields that come again and again: they are put into the table while it has room. */
  encodeIndexed(fields: readonly HeaderField[]): Uint8Array;
  /** Fields of one block only: they leave the table as it is. */
  encodePlain(fields: readonly HeaderField[]): Uint8Array;
  /** What a block has to begin with: a change of the table's size since the last one. Mostly nothing. */
  takeSizeUpdate(): Uint8Array;
  /** The largest table that the other side allows. */
  allow(tableSize: number): void;
  /** Blocks that were encoded under the same number are still right. */
  version(): number;
}

type Bytes = number[];

/** `mostTableSize` is the largest table that this side wants. The protocol begins with one of 4,096 bytes. */
export function createHpackEncoder(mostTableSize: number): HpackEncoder {
  const table = createDynamicTable(Math.min(4096, mostTableSize));
  let version = 0;
  /** A size that is still to be said. */
  let unsaid: number | null = mostTableSize < 4096 ? mostTableSize : null;

  const indexOf = (field: HeaderField): number =>
    staticFieldIndex(field) ||
    dynamicIndex(table, ({ name, value }) => name === field.name && value === field.value);
  const nameIndexOf = (field: HeaderField): number =>
    staticNameIndex(field.name) || dynamicIndex(table, ({ name }) => name === field.name);
  const hasRoomFor = (field: HeaderField): boolean => table.size + sizeOfField(field) <= table.maxSize;

  const writeField = (bytes: Bytes, field: HeaderField, isIndexing: boolean): void => {
    const index = field.isSensitive === true ? 0 : indexOf(field);
    if (index > 0) writeInteger(bytes, 0x80, 7, index);
    else if (field.isSensitive === true) writeLiteral(bytes, 0x10, 4, nameIndexOf(field), field);
    else if (!isIndexing || !hasRoomFor(field)) writeLiteral(bytes, 0, 4, nameIndexOf(field), field);
    else {
      writeLiteral(bytes, 0x40, 6, nameIndexOf(field), field);
      insertField(table, { name: field.name, value: field.value });
      version += 1;
    }
  };
  const encode = (fields: readonly HeaderField[], isIndexing: boolean): Uint8Array => {
    const bytes: Bytes = [];
    for (const field of fields) writeField(bytes, field, isIndexing);
    return Uint8Array.from(bytes);
  };

  return {
    encodeIndexed: (fields) => encode(fields, true),
    encodePlain: (fields) => encode(fields, false),
    takeSizeUpdate() {
      if (unsaid === null) return nothing;
      const bytes: Bytes = [];
      writeInteger(bytes, 0x20, 5, unsaid);
      unsaid = null;
      return Uint8Array.from(bytes);
    },
    allow(tableSize) {
      // Made smaller and larger between two blocks, a table would need two changes in one block, of which some
      // decoders understand the first one only.
      const size = Math.min(tableSize, mostTableSize, unsaid ?? Infinity);
      if (size === table.maxSize) return;
      resizeTable(table, size);
      unsaid = size;
      version += 1;
    },
    version: () => version,
  };
}

const nothing = new Uint8Array(0);

function writeLiteral(
  bytes: Bytes,
  pattern: number,
  prefixBits: number,
  nameIndex: number,
  { name, value }: HeaderField,
): void {
  writeInteger(bytes, pattern, prefixBits, nameIndex);
  if (nameIndex === 0) writeString(bytes, name);
  writeString(bytes, value);
}

function writeString(bytes: Bytes, text: string): void {
  const coded = huffmanLength(text);
  if (coded < text.length) {
    writeInteger(bytes, 0x80, 7, coded);
    for (const byte of encodeHuffman(text)) bytes.push(byte);
    return;
  }
  writeInteger(bytes, 0, 7, text.length);
  for (let at = 0; at < text.length; at += 1) bytes.push(text.charCodeAt(at) & 0xff);
}

function writeInteger(bytes: Bytes, pattern: number, prefixBits: number, value: number): void {
  const most = 2 ** prefixBits - 1;
  if (value < most) {
    bytes.push(pattern | value);
    return;
  }
  bytes.push(pattern | most);
  let rest = value - most;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
}
