import type { Socket } from 'node:net';
import { rawServer } from './support.js';

/** One HTTP/2 frame, byte for byte. */
export function frame(type: keyof typeof types, flags: number, stream: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = types[type];
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const types = { data: 0, headers: 1, reset: 3, settings: 4, ping: 6, goaway: 7 };

export const greeting = frame('settings', 0, 0, Buffer.alloc(0));

/** `:status: 200` and `content-type: application/grpc`, without a table. */
export function grpcAnswer(stream: number): Buffer {
  const contentType = Buffer.from('application/grpc');
  return frame(
    'headers',
    4,
    stream,
    Buffer.concat([Buffer.of(0x88, 0x0f, 0x10, contentType.length), contentType]),
  );
}

/** Trailers that say OK, and the end of the stream. */
export function okTrailers(stream: number): Buffer {
  const name = Buffer.from('grpc-status');
  return frame('headers', 5, stream, Buffer.concat([Buffer.of(0, name.length), name, Buffer.of(1, 0x30)]));
}

export function reset(stream: number, errorCode: number): Buffer {
  return frame('reset', 0, stream, numbers(errorCode));
}

export function goaway(lastStream: number, errorCode: number): Buffer {
  return frame('goaway', 0, 0, numbers(lastStream, errorCode));
}

function numbers(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, at) => bytes.writeUInt32BE(value, at * 4));
  return bytes;
}

/** A server that greets, and answers each stream that is opened with the bytes that the test gives for it. */
export function frameServer(answer: (stream: number, socket: Socket) => Uint8Array | null) {
  return rawServer((socket) => {
    socket.write(greeting);
    let held = Buffer.alloc(0);
    let isGreeted = false;
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      if (!isGreeted && held.length >= preface) {
        held = held.subarray(preface);
        isGreeted = true;
      }
      while (isGreeted && held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
        const stream = held.readUInt32BE(5);
        if (held[3] === types.settings && held[4] === 0)
          socket.write(frame('settings', 1, 0, Buffer.alloc(0)));
        const bytes = held[3] === types.headers ? answer(stream, socket) : null;
        if (bytes !== null) socket.write(bytes);
        held = held.subarray(9 + held.readUIntBE(0, 3));
      }
    });
  });
}

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'.length;
