import { decodeHeader, headerBytes, type FrameHeader } from './frame.js';

/** What comes out of the bytes of a socket, in order. */
export type FramePart =
  | { readonly type: 'header'; readonly header: FrameHeader }
  /** A piece of a data frame's body; `rest` bytes of that body are still to come. */
  | { readonly type: 'body'; readonly header: FrameHeader; readonly bytes: Uint8Array; readonly rest: number }
  /** These bytes are no frames. Nothing comes after it. */
  | { readonly type: 'refusal'; readonly problem: string };

export interface FrameDecoder {
  push(chunk: Uint8Array): FramePart[];
}

/**
 * Cuts a stream of bytes into frames, wherever its chunks begin and end. Bodies are handed on as pieces of the
 * chunks they came in: nothing is copied or held back but an unfinished header.
 */
export function createFrameDecoder(): FrameDecoder {
  const head = new Uint8Array(headerBytes);
  let headHeld = 0;
  let header: FrameHeader | null = null;
  let bodyRest = 0;
  let isFailed = false;

  const readHeader = (bytes: Uint8Array): FramePart | null => {
    head.set(bytes, headHeld);
    headHeld = (headHeld + bytes.length) % headerBytes;
    if (headHeld > 0) return null;
    const reading = decodeHeader(head);
    isFailed = !reading.ok;
    if (!reading.ok) return { type: 'refusal', problem: reading.problem };
    header = reading.header;
    bodyRest = header.type === 'data' ? header.length : 0;
    return { type: 'header', header };
  };

  return {
    push(chunk) {
      const parts: FramePart[] = [];
      let at = 0;
      while (at < chunk.length && !isFailed) {
        const bytes = chunk.subarray(at, at + (bodyRest > 0 ? bodyRest : headerBytes - headHeld));
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
