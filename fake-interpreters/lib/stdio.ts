import type { ServerWritableStream } from '@grpc/grpc-js';
import type { OutputChannel } from './messages.js';
import { empty, stdioData } from './messages.js';
import type { Handlers } from './method.js';
import { serverStream } from './method.js';

export const stdioService = {
  StreamStdio: serverStream('/plugin.GRPCStdio/StreamStdio', empty, stdioData),
};

type Chunk = ReturnType<typeof stdioData.decode>;

const chunkSize = 1024;

/** A GRPCStdio service that buffers output until the host reads it, as go-plugin's pipes do. */
export function createStdio() {
  const unread: Chunk[] = [];
  let reader: ServerWritableStream<object, Chunk> | null = null;

  const handlers: Handlers<typeof stdioService> = {
    StreamStdio(call) {
      reader = call;
      call.on('cancelled', () => {
        if (reader === call) reader = null;
      });
      for (const chunk of unread.splice(0)) call.write(chunk);
    },
  };

  function print(channel: OutputChannel, bytes: Buffer) {
    for (let at = 0; at < bytes.length; at += chunkSize) {
      const chunk = { channel, data: bytes.subarray(at, at + chunkSize) };
      if (reader === null) unread.push(chunk);
      else reader.write(chunk);
    }
  }

  function end() {
    reader?.end();
  }

  return { handlers, print, end };
}
