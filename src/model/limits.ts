// What a plugin can make its host hold or do, and no more. Every limit of received input is in this file, and the table in
// docs/security.md is made of it. Sizes are in bytes, times in milliseconds. What a plugin sends beyond a limit ends a
// stream or its connection; the policy then decides about its process.

/** The time that the work on received input may take before the event loop goes on with other work. */
export const turnLimits = {
  /** Work on the input of one connection in one turn of the event loop; the rest waits for the next turn. */
  workMs: 5,
} as const;

/** Messages of gRPC, on the calls of the embedder and of the host itself. */
export const messageLimits = {
  /** The longest message on a stream of the host: health, hooks, broker, output, shutdown. */
  hostMessage: 4 * 1024 * 1024,
  /** The longest message that a caller without a limit of its own takes; the limit of go-plugin. */
  message: 2 ** 31 - 1,
  /** What a compressed message may become for such a caller. */
  inflatedMessage: 64 * 1024 * 1024,
  /** A compressed message up to this length is inflated at once, a longer one beside the event loop. */
  inflatedAtOnce: 4 * 1024,
  /** Held for a caller that does not read, before the plugin is slowed down by the window of its stream. */
  heldBytes: 64 * 1024,
  /** Messages that the host sent on a stream of its own and that the plugin has not taken. */
  unsentMessages: 1000,
} as const;

/** The broker's control stream. */
export const brokerLimits = {
  /** Announcements that no call of the host has asked for yet; each is forgotten after 5 s. */
  announcements: 1000,
  /** The network and the address of one announcement together. */
  addressLength: 4096,
} as const;

/** The health service. */
export const healthLimits = {
  /** Messages of Health.Watch in one window. */
  watchMessages: 100,
  /** The length of the window. */
  watchWindowMs: 10_000,
} as const;

/** Output of a plugin, for each of its pipes and each channel of GRPCStdio. Further lines are counted and dropped. */
export const outputLimits = {
  /** Lines that are logged in one second. */
  linesPerSecond: 2000,
  /** The bytes of these lines together: parsing a JSON record takes time by its length. */
  bytesPerSecond: 4 * 1024 * 1024,
  /** A longer line is logged in pieces, as in go-plugin. */
  line: 64 * 1024,
  /** Held for a sink that is slow; further bytes are dropped. */
  sinkBuffer: 4 * 1024 * 1024,
} as const;

/** A connection that is multiplexed with yamux. */
export const yamuxLimits = {
  /** Streams that are open at once, of both sides together. */
  streams: 10_000,
  /** Frames that answer the plugin (to pings, streams and data) and that it has not read. */
  unreadAnswers: 10_000,
} as const;

/** The directories of sockets, in which a plugin can make any number of files. */
export const fileLimits = {
  /** Files that are removed as soon as a process has ended; more than these are removed beside other work. */
  removedAtOnce: 64,
  /** Removals that are under way at a time beside other work. */
  removalsAtOnce: 8,
  /** How long the end of a host waits for removals; the next host removes what is left. */
  lastRemovalMs: 5000,
  /** Files that a host removes that ends without a shutdown, as it can do nothing else meanwhile. */
  removedAtExit: 5000,
} as const;

/** The HTTP/2 connection. */
export const http2Limits = {
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
