import { reserve, type Output } from './output.js';

/** The types of frames (RFC 9113, section 6). */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** The flags of frames; `ack` and `endStream` are the same bit of different types. */
export const flag = { endStream: 1, ack: 1, endHeaders: 4, padded: 8, priority: 0x20 } as const;

/** The identifiers of settings. */
export const setting = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

/** Every frame begins with a header of this length. */
export const frameHeaderSize = 9;

/** The largest window that flow control knows. */
export const largestWindow = 2 ** 31 - 1;

/** What a new connection and new streams have for a window before anything is said. */
export const defaultWindow = 65_535;

/** What a client sends before its first frame. */
export const preface = Uint8Array.from(Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1'));

/** Lays the header of a frame into the output; the body of `length` bytes has to follow. */
export function writeFrameHeader(
  output: Output,
  type: number,
  flags: number,
  streamId: number,
  length: number,
): void {
  const { slab, at } = reserve(output, frameHeaderSize);
  slab[at] = length >>> 16;
  slab[at + 1] = length >>> 8;
  slab[at + 2] = length;
  slab[at + 3] = type;
  slab[at + 4] = flags;
  slab[at + 5] = streamId >>> 24;
  slab[at + 6] = streamId >>> 16;
  slab[at + 7] = streamId >>> 8;
  slab[at + 8] = streamId;
  output.at = at + frameHeaderSize;
}

/** A frame whose body is one number of 32 bits: RST_STREAM and WINDOW_UPDATE. */
export function writeNumberFrame(output: Output, type: number, streamId: number, value: number): void {
  writeFrameHeader(output, type, 0, streamId, 4);
  writeUint32(output, value);
}

/** SETTINGS with these identifiers and values. */
export function writeSettings(output: Output, values: readonly (readonly [number, number])[]): void {
  writeFrameHeader(output, frameType.settings, 0, 0, values.length * 6);
  for (const [id, value] of values) {
    const { slab, at } = reserve(output, 2);
    slab[at] = id >>> 8;
    slab[at + 1] = id;
    output.at = at + 2;
    writeUint32(output, value);
  }
}

/** GOAWAY of a client: it has taken no stream of the server's. */
export function writeGoAway(output: Output, code: number): void {
  writeFrameHeader(output, frameType.goAway, 0, 0, 8);
  writeUint32(output, 0);
  writeUint32(output, code);
}

function writeUint32(output: Output, value: number): void {
  const { slab, at } = reserve(output, 4);
  slab[at] = value >>> 24;
  slab[at + 1] = value >>> 16;
  slab[at + 2] = value >>> 8;
  slab[at + 3] = value;
  output.at = at + 4;
}

/** The 32 bits at a place as a number that is not negative. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}

/** The same without its highest bit, which is reserved. */
export function readUint31(bytes: Uint8Array, at: number): number {
  return readUint32(bytes, at) & 0x7fff_ffff;
}
