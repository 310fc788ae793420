/** A header block that cannot be decoded. It never leaves the decoder. */
export class HpackError extends Error {
  override readonly name = 'HpackError';
}
