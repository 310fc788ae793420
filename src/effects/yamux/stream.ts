import { Duplex } from 'node:stream';
import { maxBodyBytes, YamuxError } from '../../yamux/index.js';
import { createReceiveBuffer } from './receive-buffer.js';

/**
 * One stream of a session. It has the methods of a socket that `node:http2`, `node:tls` and grpc-js call; these settings
 * belong to the socket below, so here they do nothing.
 */
export interface YamuxStream extends Duplex {
  setNoDelay(noDelay?: boolean): this;
  setKeepAlive(enable?: boolean, initialDelay?: number): this;
  setTimeout(timeout: number, callback?: () => void): this;
  ref(): this;
  unref(): this;
}

/** What a stream calls on its session. */
export interface StreamControl {
  /** Sends a part of the bytes and returns its length; 0 if there is no window. Calls `sent` once it is written. */
  send(bytes: Uint8Array, sent: () => void): number;
  /** Returns credit for bytes that were read. */
  consume(length: number): void;
  /** Ends our direction. */
  end(): void;
  /** Ends our direction, and resets the stream if the peer sends more. */
  abandon(): void;
  /** Ends both directions at once. */
  reset(): void;
}

/** A stream and what its session calls on it. */
export interface StreamHandle {
  readonly stream: YamuxStream;
  receive(bytes: Uint8Array): void;
  receiveEnd(): void;
  /** More bytes may be sent than before. */
  resume(): void;
}

/** Makes a stream that sends and receives through `control`. */
export function createStreamHandle(control: StreamControl): StreamHandle {
  let unsent: Uint8Array | null = null;
  let sent: (error?: Error) => void = () => undefined;
  let isSending = false;

  const resume = (): void => {
    // One frame at a time: a slow socket blocks the writer, and the streams alternate.
    if (unsent === null || isSending) return;
    const length = control.send(unsent, () => {
      isSending = false;
      if (unsent === null) return;
      if (unsent.length > 0) resume();
      else finish();
    });
    isSending = length > 0;
    unsent = unsent.subarray(length);
  };
  const finish = (): void => {
    unsent = null;
    sent();
  };
  const send = (bytes: Uint8Array, done: typeof sent): void => {
    unsent = bytes;
    sent = done;
    if (bytes.length > 0) resume();
    else finish();
  };

  const stream = new Duplex({
    writableHighWaterMark: maxBodyBytes,
    read() {
      received.pull();
    },
    write(chunk: Buffer, _, done) {
      send(chunk, done);
    },
    writev(chunks, done) {
      send(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done);
    },
    final(done) {
      control.end();
      done();
    },
    destroy(error, done) {
      // As TCP does: an end where everything is delivered, a reset where bytes are lost.
      const isUnsent = unsent !== null;
      if (error !== null || isUnsent || !received.isEmpty() || stream.readableLength > 0) control.reset();
      else control.abandon();
      unsent = null;
      received.clear();
      done(error);
      // Node waits for the callback of a write even then.
      if (isUnsent) sent(error ?? new YamuxError('stream-reset', 'The stream was destroyed during a write.'));
    },
  });
  const received = createReceiveBuffer({
    push: (bytes) => stream.push(bytes),
    consume: (length) => {
      control.consume(length);
    },
  });
  return { stream: withSocketMethods(stream), receive: received.add, receiveEnd: received.end, resume };
}

function withSocketMethods(stream: Duplex): YamuxStream {
  const ignore = (): unknown => stream;
  return Object.assign(stream, {
    setNoDelay: ignore,
    setKeepAlive: ignore,
    setTimeout: ignore,
    ref: ignore,
    unref: ignore,
  }) as YamuxStream;
}
