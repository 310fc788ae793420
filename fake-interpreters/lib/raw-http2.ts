import type { Duplex } from 'node:stream';
import { createHpackDecoder } from '../../src/http2/hpack/index.js';

/** A header field. Name and value have at most 126 bytes, as these are written with one byte for their length. */
export type RawField = readonly [name: string, value: string];

/** One request, and the frames that answer it, right or wrong. */
export interface RawStream {
  readonly id: number;
  /** For example `/grpc.health.v1.Health/Check`. */
  readonly path: string;
  /** Begins a gRPC answer. */
  begin(...more: readonly RawField[]): void;
  /** Sends DATA, which has to fit into the windows and in a frame. */
  data(bytes: Buffer): void;
  /** Ends the answer with a gRPC status. */
  end(status?: number): void;
  /** Answers with one message. */
  answer(message: Buffer): void;
  /** Sends these messages over and over, as fast as the host's windows and its socket take them. */
  flood(body: (count: number) => Buffer, most?: number): void;
}

/** One connection of the host. */
export interface RawConnection {
  /** Counted from 1. */
  readonly number: number;
  readonly socket: Duplex;
}

/** The body of a frame that is sent as it is. */
export function rawFrame(type: number, flags: number, id: number, body: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(body.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(id, 5);
  return Buffer.concat([head, body]);
}

/** Header fields, each written in full and not remembered. */
export function rawFields(fields: readonly RawField[]): Buffer {
  const text = (value: string): Buffer => Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]));
}

/** A message of gRPC behind its prefix. */
export function rawMessage(message: Buffer, isCompressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(isCompressed ? 1 : 0);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const prefaceBytes = 24;
const largestFrame = 16_384;
const frame = { data: 0, headers: 1, settings: 4, ping: 6, windowUpdate: 8 };
const flag = { end: 1, ack: 1, endHeaders: 4 };

/**
 * Speaks HTTP/2 on a connection, frame by frame, with nothing in the way of a fault. `serve` answers each request.
 * Windows of the host are respected where `flood` is used, and none is given to it.
 */
export function serveRawHttp2(
  connection: RawConnection,
  serve: (stream: RawStream, connection: RawConnection) => void,
): void {
  const { socket } = connection;
  const decoder = createHpackDecoder(4096, 1024 * 1024);
  const windows = new Map<number, number>([[0, 65_535]]);
  const floods = new Set<() => void>();
  let initialWindow = 65_535;
  let held: Buffer = Buffer.alloc(0);
  let skipped = 0;

  const room = (id: number): number => Math.min(windows.get(0) ?? 0, windows.get(id) ?? 0, largestFrame);
  const take = (id: number, length: number): void => {
    for (const key of [0, id]) windows.set(key, (windows.get(key) ?? 0) - length);
  };
  const goOn = (): void => {
    for (const pour of floods) pour();
  };
  const streamOf = (id: number, path: string): RawStream => {
    const stream: RawStream = {
      id,
      path,
      begin(...more) {
        const fields = rawFields([[':status', '200'], ['content-type', 'application/grpc'], ...more]);
        socket.write(rawFrame(frame.headers, flag.endHeaders, id, fields));
      },
      data(bytes) {
        take(id, bytes.length);
        socket.write(rawFrame(frame.data, 0, id, bytes));
      },
      end(status = 0) {
        const fields = rawFields([['grpc-status', String(status)]]);
        socket.write(rawFrame(frame.headers, flag.endHeaders | flag.end, id, fields));
      },
      answer(message) {
        stream.begin();
        stream.data(rawMessage(message));
        stream.end();
      },
      flood(body, most = Infinity) {
        let count = 0;
        let rest = Buffer.alloc(0);
        let isPouring = false;
        const pour = (): void => {
          if (isPouring || socket.destroyed) return;
          isPouring = true;
          while (room(id) > 0 && !socket.writableNeedDrain) {
            while (rest.length < largestFrame && count < most) {
              rest = Buffer.concat([rest, body(count)]);
              count += 1;
            }
            const part = rest.subarray(0, room(id));
            rest = rest.subarray(part.length);
            if (part.length === 0) break;
            stream.data(part);
          }
          isPouring = false;
        };
        floods.add(pour);
        pour();
      },
    };
    return stream;
  };
  const receive = (type: number, flags: number, id: number, body: Buffer): void => {
    if (type === frame.settings && (flags & flag.ack) === 0) {
      for (let at = 0; at + 6 <= body.length; at += 6)
        if (body.readUInt16BE(at) === 4) initialWindow = body.readUInt32BE(at + 2);
      socket.write(rawFrame(frame.settings, flag.ack, 0, Buffer.alloc(0)));
    } else if (type === frame.ping && (flags & flag.ack) === 0)
      socket.write(rawFrame(frame.ping, flag.ack, 0, body));
    else if (type === frame.windowUpdate) {
      windows.set(id, (windows.get(id) ?? 0) + body.readUInt32BE(0));
      goOn();
    } else if (type === frame.headers) {
      const block = decoder.decode(body);
      const path = block.ok ? block.fields.find(({ name }) => name === ':path')?.value : undefined;
      windows.set(id, initialWindow);
      serve(streamOf(id, path ?? ''), connection);
    }
  };

  socket.on('error', () => undefined);
  socket.on('drain', goOn);
  socket.write(rawFrame(frame.settings, 0, 0, Buffer.alloc(0)));
  socket.on('data', (chunk: Buffer) => {
    held = Buffer.concat([held, chunk]);
    if (skipped === 0 && held.length < prefaceBytes) return;
    if (skipped === 0) held = held.subarray(prefaceBytes);
    skipped = prefaceBytes;
    while (held.length >= 9) {
      const end = 9 + held.readUIntBE(0, 3);
      if (held.length < end) return;
      const [type, flags, id] = [held.readUInt8(3), held.readUInt8(4), held.readUInt32BE(5)];
      const body = held.subarray(9, end);
      held = held.subarray(end);
      receive(type, flags, id, body);
    }
  });
}
