import { status as code, type Metadata, type StatusObject } from '@grpc/grpc-js';
import { messageOf } from '../../model/index.js';
import { messageLimits } from '../../model/limits.js';
import type { CallListener } from '../grpc/pending-call.js';
import type { CallSettings } from '../grpc/call-settings.js';
import { decompress, type Decompressed } from '../grpc/compression.js';
import { createMessageReader, MessageTooLongError } from '../grpc/messages.js';
import { isTurnUsedUp } from '../socket/time-slice.js';
import { statusOf } from './status.js';

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
  let reader = createMessageReader(longestReceived);
  let received = 0;
  let encoding = 'identity';
  let isAsked = false;
  let isPaused = false;
  let isDelivering = false;
  /** A message is being inflated beside the event loop, or the next one waits for the next turn. */
  let isWaiting = false;
  /** One message is delivered in each turn that was waited for, however much work others have in it. */
  let isDue = false;
  let last: StatusObject | null = null;
  let isOver = false;

  /** Delivers what was asked for. After a failure the reader asks for no more: it gets what came before the status. */
  const deliver = (): void => {
    // The listener asks for the next message while it takes one.
    if (isDelivering || isWaiting) return;
    isDelivering = true;
    try {
      while (isWanted() && !isOver && !waits()) {
        const message = read(() => reader.next());
        if (message === null) break;
        isAsked = false;
        received += 1;
        isWaiting = true;
        decompress(message, encoding, longestReceived, take);
      }
      if (hasOneResponse && received > 0 && read(() => reader.hasNext()) === true)
        abort(statusOf(code.UNIMPLEMENTED, 'Too many responses received'));
    } finally {
      isDelivering = false;
      // A listener that throws has only itself to blame; the call goes on.
      if (isWanted() && !waits() && !isOver && read(() => reader.hasNext()) === true)
        process.nextTick(deliver);
      balance();
      conclude();
    }
  };
  const isWanted = (): boolean => isAsked || (last !== null && last.code !== code.OK);
  const waits = (): boolean => {
    const isUsedUp = isTurnUsedUp() && !isDue;
    isDue = false;
    if (isWaiting || !isUsedUp) return isWaiting;
    isWaiting = true;
    setImmediate(goOn);
    return true;
  };
  const goOn = (): void => {
    isWaiting = false;
    isDue = true;
    deliver();
  };
  const take = (outcome: Decompressed): void => {
    const isLate = !isDelivering;
    isWaiting = false;
    try {
      if (isOver) return;
      if ('error' in outcome) abort(statusOfUnreadable(outcome.error));
      else listener.onReceiveMessage(outcome.bytes);
    } finally {
      if (isLate) deliver();
    }
  };
  const read = <T>(from: () => T): T | null => {
    if (isOver) return null;
    try {
      return from();
    } catch (error) {
      abort(statusOfUnreadable(error));
      return null;
    }
  };
  /** The server is slowed down while whole messages wait here that the reader has not asked for. */
  const balance = (): void => {
    const isFull = reader.heldBytes() >= messageLimits.heldBytes && read(() => reader.hasNext()) === true;
    if (isFull === isPaused || isOver) return;
    isPaused = isFull;
    if (isFull) flowControl.pause();
    else flowControl.resume();
  };
  const conclude = (): void => {
    if (last === null || isOver || isDelivering || isWaiting) return;
    if (read(() => reader.hasNext()) === true || closed()) return;
    const isCut = last.code === code.OK && reader.heldBytes() > 0;
    close('server');
    listener.onReceiveStatus(
      isCut ? statusOf(code.INTERNAL, 'The answer ended in the middle of a message') : last,
    );
  };
  const closed = (): boolean => isOver;
  const close = (by: 'server' | 'us'): void => {
    isOver = true;
    // A call that is kept does not keep what was not read of it.
    reader = createMessageReader();
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
      reader.push(chunk);
      // What is too long is refused as soon as its length is known, whether it was asked for or not.
      read(() => reader.hasNext());
      deliver();
    },
    ask() {
      isAsked = true;
      deliver();
    },
    finish(status) {
      last ??= status;
      deliver();
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
