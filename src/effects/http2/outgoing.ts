import type { ClientHttp2Stream } from 'node:http2';
import type { MessageContext } from '../grpc/pending-call.js';
import { withPrefix } from './message-reader.js';

/** One message on its way, and whom to call back when it is written. */
export interface Sending {
  readonly context: MessageContext;
  readonly message: Buffer;
}

/** The writing side of one call. */
export interface Outgoing {
  send(sending: Sending): void;
  /** Nothing more will be sent. */
  end(): void;
}

/**
 * A message waits for the end of the tick that sends it, as most calls end with their first message: message and end
 * are then one frame.
 */
export function createOutgoing(stream: ClientHttp2Stream): Outgoing {
  let waiting: Sending | null = null;

  const take = (): Sending | null => {
    const taken = waiting;
    waiting = null;
    return taken;
  };
  const flush = (): void => {
    const next = take();
    if (next === null) return;
    if (isOpen(stream)) stream.write(withPrefix(next.message), callback(next.context));
    else calledBack(next.context);
  };

  return {
    send(sending) {
      flush();
      waiting = sending;
      process.nextTick(flush);
    },
    end() {
      const last = isOpen(stream) ? take() : null;
      if (last !== null) stream.end(withPrefix(last.message), callback(last.context));
      else if (waiting !== null) flush();
      else if (isOpen(stream)) stream.end();
    },
  };
}

/**
 * Lets a writer go on. What went wrong is told by the stream's end. Not within Node's own callback: a stream that is
 * closed from there can crash Node (https://github.com/nodejs/node/issues/49147).
 */
export function calledBack({ callback: goOn }: MessageContext): void {
  if (goOn !== undefined) process.nextTick(goOn);
}

function callback(context: MessageContext): (() => void) | undefined {
  if (context.callback === undefined) return undefined;
  return () => {
    calledBack(context);
  };
}

function isOpen(stream: ClientHttp2Stream): boolean {
  return !stream.destroyed && !stream.closed && !stream.writableEnded;
}
