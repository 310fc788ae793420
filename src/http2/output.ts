/** The first slab of a connection is small; each one that is used up is followed by one twice as large, up to a limit. */
const firstSlab = 4 * 1024;
const largestSlab = 66 * 1024;

/**
 * Bodies up to this length are copied beside their frame header; longer ones are handed on as they are. A copy of a
 * whole frame costs less than a piece of its own on its way through a socket, and through TLS or yamux above all.
 */
const longestCopy = 16 * 1024;

/**
 * What is to be written, as few pieces as possible: frames are laid one behind the other into a slab, which is cut off
 * when it is taken. A byte of it is never written twice, so what was taken may be read at any time.
 */
export interface Output {
  pieces: Uint8Array[];
  slab: Uint8Array;
  /** Where the piece that is being laid begins and ends. */
  from: number;
  at: number;
  /** The bytes in `pieces`. */
  cutOff: number;
}

/** An empty output. Its first slab is allocated with the first write. */
export function createOutput(): Output {
  return { pieces: [], slab: new Uint8Array(0), from: 0, at: 0, cutOff: 0 };
}

/** Makes room for this many bytes at `at` of the slab. */
export function reserve(output: Output, length: number): Output {
  if (output.slab.length - output.at >= length) return output;
  cut(output);
  const next = Math.min(largestSlab, Math.max(firstSlab, output.slab.length * 2));
  output.slab = Buffer.allocUnsafeSlow(Math.max(next, length));
  output.from = 0;
  output.at = 0;
  return output;
}

/** Adds bytes, which must not change until they are written. */
export function writeBytes(output: Output, bytes: Uint8Array): void {
  if (bytes.length <= longestCopy) {
    reserve(output, bytes.length);
    output.slab.set(bytes, output.at);
    output.at += bytes.length;
    return;
  }
  cut(output);
  output.pieces.push(bytes);
  output.cutOff += bytes.length;
}

/** The bytes that wait to be taken. */
export function sizeOfOutput(output: Output): number {
  return output.cutOff + output.at - output.from;
}

/** Takes all pieces out, in order. */
export function takeOutput(output: Output): readonly Uint8Array[] {
  cut(output);
  const { pieces } = output;
  output.pieces = [];
  output.cutOff = 0;
  return pieces;
}

function cut(output: Output): void {
  if (output.at === output.from) return;
  output.pieces.push(output.slab.subarray(output.from, output.at));
  output.cutOff += output.at - output.from;
  output.from = output.at;
}
