/** Every frame begins with a header of this length; only data frames have a body after it. */
export const headerBytes = 12;

/** How many bytes each side may send on a new stream before the other one returns credit. */
export const initialWindow = 256 * 1024;

/** The flags of a frame, to be joined with `|`. */
export const flag = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

/** The reasons of a go-away frame, in its length field. */
export const goAwayCode = { normal: 0, protocolError: 1, internalError: 2 } as const;

const version = 0;
const types = ['data', 'windowUpdate', 'ping', 'goAway'] as const;

/** The header of a frame. */
export interface FrameHeader {
  readonly type: (typeof types)[number];
  readonly flags: number;
  /** 0 for frames of the session itself. */
  readonly streamId: number;
  /** Data: the bytes that follow. Window update: the credit. Ping: any value. Go-away: the code. */
  readonly length: number;
}

/** A header, or why these bytes are none. */
export type HeaderResult =
  { readonly ok: true; readonly header: FrameHeader } | { readonly ok: false; readonly problem: string };

/** Writes the twelve bytes of a header. */
export function encodeHeader({ type, flags, streamId, length }: FrameHeader): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, version);
  view.setUint8(1, types.indexOf(type));
  view.setUint16(2, flags);
  view.setUint32(4, streamId);
  view.setUint32(8, length);
  return bytes;
}

/** Reads the twelve bytes of a header. Undefined flags are kept. */
export function decodeHeader(bytes: Uint8Array): HeaderResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes);
  const received = view.getUint8(0);
  if (received !== version)
    return { ok: false, problem: `a frame of version ${received}, and only 0 exists` };
  const type = types[view.getUint8(1)];
  if (type === undefined)
    return { ok: false, problem: `a frame of type ${view.getUint8(1)}, which does not exist` };
  const [flags, streamId, length] = [view.getUint16(2), view.getUint32(4), view.getUint32(8)];
  return { ok: true, header: { type, flags, streamId, length } };
}
