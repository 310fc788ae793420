/**
 * Every limit of the HTTP/2 client in one place. Sizes are in bytes. What a server sends beyond a limit ends its stream
 * or its connection with an error; nothing is held in memory beyond it.
 */
export const limits = {
  /** Announced for each stream: what a server may send ahead of the reader. */
  streamWindow: 1024 * 1024,
  /** Announced for the connection; it is given back on receipt, as each stream has its own window. */
  connectionWindow: 64 * 1024 * 1024,
  /** Announced: the longest frame that is taken. The smallest value that the protocol allows. */
  frameSize: 16_384,
  /** A header block as it comes, with its CONTINUATION frames, and as it is decoded (RFC 7541, 4.1). */
  headerList: 64 * 1024,
  continuations: 8,
  /** The dynamic table of our encoder; ours for decoding is announced as 0. */
  encoderTable: 4096,
  /** Decoded blocks that are remembered by their bytes, and the longest of them. */
  rememberedBlocks: 64,
  rememberedBlockSize: 512,
  /** Answers to PING and SETTINGS that wait to be written. */
  unsentAnswers: 1000,
  /** Frames without use (empty, unknown, for closed streams, ...) between two useful ones. */
  uselessFrames: 10_000,
  /** Streams that were reset here and for which frames may still be on their way. */
  resetStreams: 1000,
  /** Streams that are open at once until the server says how many it takes. */
  assumedConcurrentStreams: 100,
  /** What is laid out for one write; the rest of large bodies waits, so that small requests can go between. */
  outputSize: 256 * 1024,
  /** The longest DATA frame that is sent, where the server allows longer ones. */
  sentFrameSize: 64 * 1024,
  /** New requests are refused while this much waits to be written. */
  waitingBytes: 256 * 1024 * 1024,
  /** The part of a server's own words that is put into an error. */
  debugData: 200,
} as const;
