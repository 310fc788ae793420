import { staticTable, type HeaderField } from './static-table.js';

/** What an entry counts beside its name and value. */
const entryOverhead = 32;

/** The dynamic table of one direction of a connection: the newest entry has the lowest index. */
export interface DynamicTable {
  /** Oldest first. */
  readonly entries: HeaderField[];
  size: number;
  maxSize: number;
}

/** An empty table. `maxSize` is in bytes, counted as `sizeOfField` does. */
export function createDynamicTable(maxSize: number): DynamicTable {
  return { entries: [], size: 0, maxSize };
}

/** What a field counts in a table and in a header list (RFC 7541, 4.1). */
export function sizeOfField({ name, value }: HeaderField): number {
  return name.length + value.length + entryOverhead;
}

/** Adds an entry and evicts older ones for it. One that is larger than the table empties it and is not added. */
export function insertField(table: DynamicTable, field: HeaderField): void {
  const size = sizeOfField(field);
  evictDownTo(table, table.maxSize - size);
  if (size > table.maxSize) return;
  table.entries.push(field);
  table.size += size;
}

/** Changes the size of the table and evicts what no longer fits. */
export function resizeTable(table: DynamicTable, maxSize: number): void {
  table.maxSize = maxSize;
  evictDownTo(table, maxSize);
}

function evictDownTo(table: DynamicTable, size: number): void {
  while (table.size > Math.max(0, size)) {
    const oldest = table.entries.shift();
    if (oldest === undefined) break;
    table.size -= sizeOfField(oldest);
  }
}

/** The field with this index, in the static table or behind it in the dynamic one. */
export function fieldAt({ entries }: DynamicTable, index: number): HeaderField | undefined {
  return index <= staticTable.length
    ? staticTable[index - 1]
    : entries[entries.length - (index - staticTable.length)];
}

/** The index of the newest entry that matches, or 0. */
export function dynamicIndex({ entries }: DynamicTable, matches: (field: HeaderField) => boolean): number {
  const at = entries.findLastIndex(matches);
  return at === -1 ? 0 : staticTable.length + entries.length - at;
}
