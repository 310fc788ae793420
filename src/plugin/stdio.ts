import type { Server, ServerWritableStream } from '@grpc/grpc-js';
import { serverStream } from './method.js';
import { descriptors, writeIfRead, type OutputName } from './output.js';
import { empty, stdioData, type StdioData } from './wire.js';

const definition = { StreamStdio: serverStream('/plugin.GRPCStdio/StreamStdio', empty, stdioData) };

/** Sizes in bytes: of one message, and of what waits for a host that does not read. */
const chunkSize = 16 * 1024;
const capacity = 256 * 1024;

interface Chunk extends StdioData {
  readonly output: OutputName;
}

/** The stream of outputs, see `createStdio`. */
export type Stdio = ReturnType<typeof createStdio>;

type Call = ServerWritableStream<object, StdioData>;

/**
 * `plugin.GRPCStdio`: brings what is printed on the named outputs to the host as a stream. What the host does not take,
 * because it has not subscribed or reads too slowly, goes to the process's own output once `capacity` is reached, and
 * the rest of it when the process ends.
 */
export function createStdio(streamed: readonly OutputName[]) {
  const waiting: Chunk[] = [];
  /** Handed to gRPC, and not yet written to the connection. */
  const sending = new Set<Chunk>();
  let size = 0;
  let subscriber: Call | null = null;
  let isFull = false;

  const take = (): Chunk => {
    const chunk = waiting.shift() as Chunk;
    size -= chunk.data.length;
    return chunk;
  };
  /** Answers whether the host takes more. */
  const send = (call: Call, chunk: Chunk): boolean => {
    sending.add(chunk);
    return call.write(chunk, () => sending.delete(chunk));
  };
  const flow = (): void => {
    while (subscriber !== null && !isFull && waiting.length > 0) isFull = !send(subscriber, take());
    while (size > capacity) spill(take());
  };
  const lose = (): void => {
    waiting.unshift(...sending);
    for (const { data } of sending) size += data.length;
    sending.clear();
    subscriber = null;
  };
  const put = (output: OutputName, bytes: Buffer): void => {
    for (let at = 0; at < bytes.length; at += chunkSize) {
      waiting.push({ output, channel: descriptors[output], data: bytes.subarray(at, at + chunkSize) });
    }
    size += bytes.length;
    flow();
  };
  const releases = streamed.map((output) => capture(output, put));

  /** The newest subscriber gets everything: an older one belongs to a connection that was lost. */
  const subscribe = (call: Call): void => {
    subscriber?.end();
    if (subscriber !== null) lose();
    subscriber = call;
    isFull = false;
    call.on('drain', () => {
      if (subscriber !== call) return;
      isFull = false;
      flow();
    });
    call.on('cancelled', () => {
      if (subscriber === call) lose();
    });
    flow();
  };

  return {
    addTo(server: Server) {
      server.addService(definition, { StreamStdio: subscribe });
    },
    /** Gives the outputs back, and ends the host's stream after what was printed. */
    close() {
      for (const release of releases) release();
      while (subscriber !== null && waiting.length > 0) send(subscriber, take());
      subscriber?.end();
      while (waiting.length > 0) spill(take());
    },
    /** At the end of the process: writes what the host did not get to the process's own outputs. */
    spillAll() {
      for (const chunk of [...sending, ...waiting]) spill(chunk);
    },
  };
}

function spill({ output, data }: Chunk): void {
  writeIfRead(output, data);
}

type Written = (error?: Error | null) => void;

/** Puts what is written to an output aside. Answers with what gives the output back. */
function capture(output: OutputName, put: (output: OutputName, bytes: Buffer) => void) {
  const stream = process[output];
  const own = Object.getOwnPropertyDescriptor(stream, 'write');
  const write = (
    printed: string | Uint8Array,
    encoding?: BufferEncoding | Written,
    written?: Written,
  ): boolean => {
    const isEncoding = typeof encoding === 'string';
    put(output, Buffer.from(printed as string, isEncoding ? encoding : undefined));
    const callback = isEncoding ? written : encoding;
    if (callback !== undefined) process.nextTick(callback);
    return true;
  };
  Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true });
  return (): void => {
    if (own === undefined) Reflect.deleteProperty(stream, 'write');
    else Object.defineProperty(stream, 'write', own);
  };
}
