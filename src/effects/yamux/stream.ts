import { Duplex } from 'node:stream';
import { maxBodyBytes, YamuxError } from '../../yamux/index.js';
import { createReceiveBuffer } from './receive-buffer.js';

/**
 * One stream of a session. Beside what every duplex has, it answers to what `node:http2`, `node:tls` and grpc-js
 * ask of a socket; these settings belong to the socket underneath and change nothing here.
 */
export interface YamuxStream extends Duplex {
  setNoDelay(noDelay?: boolean): this;
  setKeepAlive(enable?: boolean, initialDelay?: number): this;
  setTimeout(timeout: number, callback?: () => void): this;
  ref(): this;
  unref(): this;
}

/** What a stream asks of its session. */
export interface StreamControl {
  /** Sends a part of the bytes and returns its length; 0 if there is no window. Calls back once it has left. */
  send(bytes: Uint8Array, sent: () => void): number;
  consume(length: number): void;
  end(): void;
  abandon(): void;
  reset(): void;
}

/** A stream as its session holds it. */
export interface StreamHandle {
  readonly stream: YamuxStream;
  receive(bytes: Uint8Array): void;
  receiveEnd(): void;
  /** More may be sent than before. */
  resume(): void;
}

export function createStreamHandle(link: StreamControl): StreamHandle {
  let unsent: Uint8Array | null = null;
  let sent: (error?: Error) => void = () => undefined;
  let isLeaving = false;

  const resume = (): void => {
    // One frame at a time: a slow socket stops the writer, and streams take turns.
    if (unsent === null || isLeaving) return;
    const length = link.send(unsent, () => {
      isLeaving = false;
      if (unsent === null) return;
      if (unsent.length > 0) resume();
      else finish();
    });
    isLeaving = length > 0;
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
      inbox.pull();
    },
    write(chunk: Buffer, _, done) {
      send(chunk, done);
    },
    writev(chunks, done) {
      send(Buffer.concat(chunks.map(({ chunk }) => chunk as Buffer)), done);
    },
    final(done) {
      link.end();
      done();
    },
    destroy(error, done) {
      // As TCP does: an end where everything is delivered, a reset where something is lost.
      const isUnsent = unsent !== null;
      if (error !== null || isUnsent || !inbox.isEmpty() || stream.readableLength > 0) link.reset();
      else link.abandon();
      unsent = null;
      inbox.clear();
      done(error);
      // Node waits for the answer to a write even then.
      if (isUnsent) sent(error ?? new YamuxError('stream-reset', 'The stream was destroyed during a write.'));
    },
  });
  const inbox = createReceiveBuffer({
    push: (bytes) => stream.push(bytes),
    consume: (length) => {
      link.consume(length);
    },
  });
  return { stream: withSocketMethods(stream), receive: inbox.add, receiveEnd: inbox.end, resume };
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
