import { frameHeaderSize } from './frame.js';

/** Where in a frame the next byte belongs. */
export interface Reader {
  /** The header of a frame, while it is incomplete. */
  readonly head: Uint8Array;
  headHeld: number;
  /** The frame whose body is being read. */
  type: number;
  flags: number;
  streamId: number;
  /** Bytes of the frame's body that are still to come. */
  rest: number;
  /** How many of them at its end are padding. */
  padding: number;
  /** The length of the padding is the next byte. */
  isPaddingNext: boolean;
  /** The body of a frame that is taken as a whole, while it is incomplete. */
  body: Uint8Array | null;
}

/** A reader at the beginning of a frame header. */
export function createReader(): Reader {
  return {
    head: new Uint8Array(frameHeaderSize),
    headHeld: 0,
    type: 0,
    flags: 0,
    streamId: 0,
    rest: 0,
    padding: 0,
    isPaddingNext: false,
    body: null,
  };
}
