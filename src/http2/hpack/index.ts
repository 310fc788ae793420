export { createHpackDecoder, type BlockReading, type HpackDecoder } from './decoder.js';
export { createHpackEncoder, type HpackEncoder } from './encoder.js';
export type { HeaderField } from './static-table.js';
