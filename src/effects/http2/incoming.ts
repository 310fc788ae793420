import { status as code, type Metadata, type StatusObject } from '@grpc/grpc-js';
import { messageOf } from '../../model/index.js';
import type { CallListener } from '../grpc/pending-call.js';
import type { CallSettings } from '../grpc/call-settings.js';
import { decompressed } from '../grpc/compression.js';
import { createMessageReader, MessageTooLongError } from '../grpc/message-reader.js';
import { statusOf } from './status.js';

/** How much may lie here that the reader has not asked for, before the server is slowed down. */
const mostHeldBytes = 64 * 1024;

/** What the reading side of a call asks of its stream. */
export interface FlowControl {
  pause(): void;
  resume(): void;
  /** The call is over: the server or this side has ended it. The listener receives its status next. */
  close(by: 'server' | 'us'): void;
}

/** The reading side of one call: bytes in, messages out when they are asked for, then the status. */
export interface Incoming {
  /** The answer begins. */
  begin(metadata: Metadata, encoding: string): void;
  push(chunk: Buffer): void;
  /** The reader wants one more message. */
  ask(): void;
  /** The server has ended the call. The listener receives the status after all messages that came before it. */
  finish(status: StatusObject): void;
  /** This side ends the call: nothing is read any more. */
  abort(status: StatusObject): void;
  /** Whether the server or this side has ended the call. */
  isFinished(): boolean;
  /** Whether the call is over: the listener has received the status, or receives it next. */
  isOver(): boolean;
}

/** The reading side of a call: it delivers to `listener` and slows the server down through `flowControl`. */
export function createIncoming(
  listener: CallListener,
  flowControl: FlowControl,
  { longestReceived }: CallSettings,
  hasOneResponse: boolean,
): Incoming {
  const reader = createMessageReader(longestReceived);
  const held: Buffer[] = [];
  let heldBytes = 0;
  let received = 0;
  let encoding = 'identity';
  let isAsked = false;
  let isPaused = false;
  let isDelivering = false;
  let last: StatusObject | null = null;
  let isOver = false;

  const deliver = (): void => {
    // The listener asks for the next message while it takes one.
    if (isDelivering) return;
    isDelivering = true;
    try {
      while (isAsked && !isOver) {
        const message = held.shift();
        if (message === undefined) break;
        isAsked = false;
        heldBytes -= message.length;
        listener.onReceiveMessage(message);
      }
    } finally {
      isDelivering = false;
      // A listener that throws has only itself to blame; the call goes on.
      if (isAsked && held.length > 0) process.nextTick(deliver);
      balance();
      conclude();
    }
  };
  const balance = (): void => {
    const isFull = heldBytes >= mostHeldBytes;
    if (isFull === isPaused) return;
    isPaused = isFull;
    if (isFull) flowControl.pause();
    else flowControl.resume();
  };
  const conclude = (): void => {
    if (last === null || isOver || isDelivering) return;
    if (last.code === code.OK && held.length > 0) return;
    try {
      flush();
    } finally {
      // A listener may cancel the call while it takes the last messages.
      if (!closed()) tell(last);
    }
  };
  /** After a failure the reader asks for no messages, so those that are held are delivered before the status. */
  const flush = (): void => {
    isDelivering = true;
    try {
      for (const message of held.splice(0)) if (!isOver) listener.onReceiveMessage(message);
    } finally {
      isDelivering = false;
    }
  };
  const tell = (status: StatusObject): void => {
    close('server');
    listener.onReceiveStatus(status);
  };
  const closed = (): boolean => isOver;
  const close = (by: 'server' | 'us'): void => {
    isOver = true;
    held.length = 0;
    flowControl.close(by);
  };
  const abort = (status: StatusObject): void => {
    if (isOver) return;
    close('us');
    // A call's status follows after the function that starts or cancels the call has returned.
    process.nextTick(() => {
      listener.onReceiveStatus(status);
    });
  };

  return {
    begin(metadata, name) {
      if (isOver) return;
      encoding = name;
      listener.onReceiveMetadata(metadata);
    },
    push(chunk) {
      if (isOver) return;
      try {
        for (const message of reader.push(chunk)) {
          const bytes = decompressed(message, encoding, longestReceived);
          held.push(bytes);
          heldBytes += bytes.length;
          received += 1;
        }
      } catch (error) {
        abort(statusOfUnreadable(error));
        return;
      }
      if (hasOneResponse && received > 1) {
        abort(statusOf(code.UNIMPLEMENTED, 'Too many responses received'));
        return;
      }
      deliver();
    },
    ask() {
      isAsked = true;
      deliver();
    },
    finish(status) {
      last ??=
        status.code === code.OK && reader.isWithin()
          ? statusOf(code.INTERNAL, 'The answer ended in the middle of a message')
          : status;
      conclude();
    },
    abort,
    isFinished: () => isOver || last !== null,
    isOver: closed,
  };
}

/** The status of a call whose answer cannot be read. */
export function statusOfUnreadable(error: unknown): StatusObject {
  const isTooLong =
    error instanceof MessageTooLongError || (error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE';
  return isTooLong
    ? statusOf(code.RESOURCE_EXHAUSTED, messageOf(error))
    : statusOf(code.INTERNAL, `The answer cannot be read: ${messageOf(error)}`);
}
