import { Metadata, status as code, type CallCredentials, type StatusObject } from '@grpc/grpc-js';
import type { experimental } from '@grpc/grpc-js';
import type { AtDeadline, Deadline } from './deadline.js';

/** One call of a channel: the type that grpc-js's clients expect of `createCall`. */
export type Call = experimental.CallStream;
/** What receives the metadata, messages and status of a call. */
export type CallListener = Parameters<Call['start']>[1];
/** The flags of one sent message, and the callback for when it is written. */
export type MessageContext = Parameters<Call['sendMessageWithContext']>[0];

/** What a call that has no connection yet needs from its channel. */
export interface PendingQueue<Connection> {
  readonly deadline: Deadline;
  readonly atDeadline: AtDeadline;
  /** Makes the real call. */
  open(connection: Connection): Call;
  /** What becomes of a call that starts now. */
  pick(call: PendingCall<Connection>, waitForReady: boolean): PickResult<Connection>;
  remove(call: PendingCall<Connection>): void;
}

/** It waits, goes on over a connection after all, or fails. */
export type PickResult<Connection> =
  | { readonly pick: 'queue' }
  | { readonly pick: 'complete'; readonly connection: Connection }
  | { readonly pick: 'fail'; readonly status: StatusObject };

/** A call that has no connection yet. It records what is asked of it. */
export interface PendingCall<Connection> extends Call {
  /** Goes on over a connection: all that was asked of this call is asked of a real one. */
  resume(connection: Connection): void;
  /** Ends without ever having had a connection. */
  fail(status: StatusObject): void;
}

/**
 * A call made while the plugin is not connected. Only its start tells whether it is marked wait-for-ready; the
 * channel then decides what becomes of it. It waits no longer than its own deadline.
 */
export function createPendingCall<Connection>(queue: PendingQueue<Connection>): PendingCall<Connection> {
  const recorded: ((call: Call) => void)[] = [];
  let real: Call | null = null;
  let listener: CallListener | null = null;
  let cancelDeadline = (): void => undefined;
  let isEnded = false;

  const forward = (step: (call: Call) => void): void => {
    if (real !== null) step(real);
    else if (!isEnded) recorded.push(step);
  };
  const end = (status: StatusObject): void => {
    if (isEnded || real !== null) return;
    isEnded = true;
    cancelDeadline();
    queue.remove(call);
    const told = listener;
    // A listener is never called before `start` has returned.
    queueMicrotask(() => told?.onReceiveStatus(status));
  };

  const call: PendingCall<Connection> = {
    start(metadata, given) {
      listener = given;
      recorded.push((target) => {
        target.start(metadata, given);
      });
      const result = queue.pick(call, metadata.getOptions().waitForReady === true);
      if (result.pick === 'complete') call.resume(result.connection);
      if (result.pick === 'fail') end(result.status);
      if (result.pick !== 'queue') return;
      cancelDeadline = queue.atDeadline(queue.deadline, () => {
        end(deadlineExceeded());
      });
    },
    resume(connection) {
      if (isEnded) return;
      cancelDeadline();
      const target = queue.open(connection);
      real = target;
      for (const step of recorded.splice(0)) step(target);
    },
    fail: end,
    cancelWithStatus(status, details) {
      if (real !== null) real.cancelWithStatus(status, details);
      else end({ code: status, details, metadata: new Metadata() });
    },
    sendMessageWithContext: (context: MessageContext, message: Buffer) => {
      forward((target) => {
        target.sendMessageWithContext(context, message);
      });
    },
    startRead: () => {
      forward((target) => {
        target.startRead();
      });
    },
    halfClose: () => {
      forward((target) => {
        target.halfClose();
      });
    },
    setCredentials: (credentials: CallCredentials) => {
      forward((target) => {
        target.setCredentials(credentials);
      });
    },
    getPeer: () => real?.getPeer() ?? 'not connected',
    getCallNumber: () => real?.getCallNumber() ?? -1,
    getAuthContext: () => real?.getAuthContext() ?? null,
  };
  return call;
}

function deadlineExceeded(): StatusObject {
  const details = 'Deadline exceeded while waiting for the plugin to become healthy';
  return { code: code.DEADLINE_EXCEEDED, details, metadata: new Metadata() };
}
