import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex, Readable } from 'node:stream';
import {
  createYamuxSession,
  type YamuxOptions,
  type YamuxSession,
  type YamuxStream,
} from '../../../src/effects/yamux/index.js';

/** Two ends of a real unix socket; both are closed after the test. */
export async function socketPair(): Promise<readonly [Socket, Socket]> {
  const directory = mkdtempSync(join(tmpdir(), 'yamux-'));
  const server = createServer({ allowHalfOpen: true }).listen(join(directory, 's'));
  await once(server, 'listening');
  const near = connect({ path: join(directory, 's'), allowHalfOpen: true });
  const [far] = (await once(server, 'connection')) as [Socket];
  server.close();
  rmSync(directory, { recursive: true });
  sockets.push(near, far);
  return [near, far];
}

const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    if (socket.closed) continue;
    const gone = once(socket, 'close');
    socket.destroy();
    await gone;
  }
});

export interface Pair {
  readonly client: YamuxSession;
  readonly server: YamuxSession;
  readonly sockets: readonly [Socket, Socket];
}

export async function sessionPair(options: YamuxOptions = {}): Promise<Pair> {
  const pair = await socketPair();
  const [near, far] = pair;
  return {
    client: createYamuxSession(near, 'client', options),
    server: createYamuxSession(far, 'server', options),
    sockets: pair,
  };
}

/** A stream from the client to the server, both of its ends. */
export async function streamPair(pair: Pair): Promise<readonly [YamuxStream, YamuxStream]> {
  const arrival = nextStream(pair.server);
  return [openStream(pair.client), await arrival];
}

export function nextStream(session: YamuxSession): Promise<YamuxStream> {
  return new Promise((resolve) => {
    session.onStream((stream) => {
      resolve(quiet(stream));
    });
  });
}

export function openStream(session: YamuxSession): YamuxStream {
  return quiet(session.open());
}

/** Ignores the errors of what is still open at the end of a test. */
export function quiet(stream: YamuxStream): YamuxStream {
  return stream.on('error', () => undefined);
}

export function readAll(stream: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', () => {
      resolve(Buffer.concat(chunks));
    });
    stream.once('error', reject);
  });
}

/** Writes and waits until the stream would take more. */
export function write(stream: Duplex, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** The error that a stream ends with, or null. */
export function endOf(stream: Duplex): Promise<unknown> {
  return new Promise((resolve) => {
    let failure: unknown = null;
    stream.on('error', (error) => {
      failure = error;
    });
    stream.once('close', () => {
      resolve(failure);
    });
  });
}
