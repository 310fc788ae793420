import { Metadata, status as code, type CallCredentials, type StatusObject } from '@grpc/grpc-js';
import type { experimental } from '@grpc/grpc-js';
import type { AtDeadline, Deadline } from '../http2/deadline.js';

export type Call = experimental.CallStream;
export type CallListener = Parameters<Call['start']>[1];
export type MessageContext = Parameters<Call['sendMessageWithContext']>[0];

/** What a call that has no connection yet needs from its channel. */
export interface WaitingRoom<Connection> {
  readonly deadline: Deadline;
  readonly atDeadline: AtDeadline;
  /** Makes the real call. */
  open(connection: Connection): Call;
  /** What becomes of a call that starts now. */
  enter(call: WaitingCall<Connection>, waitForReady: boolean): Reception<Connection>;
  leave(call: WaitingCall<Connection>): void;
}

/** It waits, goes on over a connection after all, or fails. */
export type Reception<Connection> =
  | { readonly then: 'wait' }
  | { readonly then: 'go'; readonly connection: Connection }
  | { readonly then: 'fail'; readonly status: StatusObject };

export interface WaitingCall<Connection> extends Call {
  /** Goes on over a connection: all that was asked of this call is asked of a real one. */
  resume(connection: Connection): void;
  /** Ends without ever having had a connection. */
  fail(status: StatusObject): void;
}

/**
 * A call made while the plugin is not connected. Only its start tells whether it is marked wait-for-ready; the
 * room then decides what becomes of it. It waits no longer than its own deadline.
 */
export function createWaitingCall<Connection>(room: WaitingRoom<Connection>): WaitingCall<Connection> {
  const asked: ((call: Call) => void)[] = [];
  let real: Call | null = null;
  let listener: CallListener | null = null;
  let callOff = (): void => undefined;
  let over = false;

  const ask = (step: (call: Call) => void): void => {
    if (real !== null) step(real);
    else if (!over) asked.push(step);
  };
  const end = (status: StatusObject): void => {
    if (over || real !== null) return;
    over = true;
    callOff();
    room.leave(call);
    const told = listener;
    // A listener is never called before `start` has returned.
    queueMicrotask(() => told?.onReceiveStatus(status));
  };

  const call: WaitingCall<Connection> = {
    start(metadata, given) {
      listener = given;
      asked.push((target) => {
        target.start(metadata, given);
      });
      const reception = room.enter(call, metadata.getOptions().waitForReady === true);
      if (reception.then === 'go') call.resume(reception.connection);
      if (reception.then === 'fail') end(reception.status);
      if (reception.then !== 'wait') return;
      callOff = room.atDeadline(room.deadline, () => {
        end(deadlineExceeded());
      });
    },
    resume(connection) {
      if (over) return;
      callOff();
      const target = room.open(connection);
      real = target;
      for (const step of asked.splice(0)) step(target);
    },
    fail: end,
    cancelWithStatus(status, details) {
      if (real !== null) real.cancelWithStatus(status, details);
      else end({ code: status, details, metadata: new Metadata() });
    },
    sendMessageWithContext: (context: MessageContext, message: Buffer) => {
      ask((target) => {
        target.sendMessageWithContext(context, message);
      });
    },
    startRead: () => {
      ask((target) => {
        target.startRead();
      });
    },
    halfClose: () => {
      ask((target) => {
        target.halfClose();
      });
    },
    setCredentials: (credentials: CallCredentials) => {
      ask((target) => {
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
