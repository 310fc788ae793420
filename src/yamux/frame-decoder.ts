import { decodeHeader, headerBytes, type FrameHeader } from './frame.js';

/** A part of the bytes of a socket, in order. */
export type FramePart =
  | { readonly type: 'header'; readonly header: FrameHeader }
  /** A piece of a data frame's body; `rest` bytes of that body are still to come. */
  | { readonly type: 'body'; readonly header: FrameHeader; readonly bytes: Uint8Array; readonly rest: number }
  /** These bytes are no frame. No part comes after it. */
  | { readonly type: 'refusal'; readonly problem: string };

/** Cuts the bytes of a socket into parts of frames. */
export interface FrameDecoder {
  /** Takes the next bytes; returns the parts that they complete. */
  push(chunk: Uint8Array): FramePart[];
}

/**
 * Cuts a stream of bytes into frames, wherever its chunks begin and end. Bodies are passed on as slices of the chunks
 * that they came in; only an unfinished header is copied and buffered.
 */
export function createFrameDecoder(): FrameDecoder {
  const head = new Uint8Array(headerBytes);
  let headLength = 0;
  let header: FrameHeader | null = null;
  let bodyRest = 0;
  let isFailed = false;

  const readHeader = (bytes: Uint8Array): FramePart | null => {
    head.set(bytes, headLength);
    headLength = (headLength + bytes.length) % headerBytes;
    if (headLength > 0) return null;
    const decoded = decodeHeader(head);
    isFailed = !decoded.ok;
    if (!decoded.ok) return { type: 'refusal', problem: decoded.problem };
    header = decoded.header;
    bodyRest = header.type === 'data' ? header.length : 0;
    return { type: 'header', header };
  };

  return {
    push(chunk) {
      const parts: FramePart[] = [];
      let at = 0;
      while (at < chunk.length && !isFailed) {
        const bytes = chunk.subarray(at, at + (bodyRest > 0 ? bodyRest : headerBytes - headLength));
        at += bytes.length;
        if (header !== null && bodyRest > 0) {
          bodyRest -= bytes.length;
          parts.push({ type: 'body', header, bytes, rest: bodyRest });
        } else {
          const part = readHeader(bytes);
          if (part !== null) parts.push(part);
        }
      }
      return parts;
    },
  };
}
