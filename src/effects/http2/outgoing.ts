import type { ClientHttp2Stream } from 'node:http2';
import type { MessageContext } from '../grpc/waiting-call.js';
import { withPrefix } from './message-reader.js';

/** The writing side of one call. */
export interface Outgoing {
  send(context: MessageContext, message: Buffer): void;
  /** Nothing more will be sent. */
  end(): void;
}

/**
 * A message waits for the end of the tick that sends it, as most calls end with their first message: message and end
 * are then one frame.
 */
export function createOutgoing(stream: ClientHttp2Stream): Outgoing {
  let waiting: { readonly framed: Buffer; readonly done: () => void } | null = null;

  const flush = (): void => {
    if (waiting === null) return;
    const { framed, done } = waiting;
    waiting = null;
    if (isOpen(stream)) stream.write(framed, done);
    else done();
  };

  return {
    send(context, message) {
      flush();
      // What went wrong is told by the stream's end; the writer only has to go on. Not within Node's own callback: a
      // stream that is closed from there can crash Node (https://github.com/nodejs/node/issues/49147).
      const done = (): void => {
        if (context.callback !== undefined) process.nextTick(context.callback);
      };
      waiting = { framed: withPrefix(message), done };
      process.nextTick(flush);
    },
    end() {
      if (!isOpen(stream)) {
        flush();
        return;
      }
      if (waiting === null) {
        stream.end();
        return;
      }
      const { framed, done } = waiting;
      waiting = null;
      stream.end(framed, done);
    },
  };
}

function isOpen(stream: ClientHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed && !stream.writableEnded;
}
