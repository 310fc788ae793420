import { Metadata, status as code, type ChannelInterface, type StatusObject } from '@grpc/grpc-js';
import type { AtDeadline } from '../../environment/index.js';
import type { ServerSide, ServerSideFactory } from './in-process-server.js';

/** A call as grpc-js clients use it. */
export type Call = ReturnType<ChannelInterface['createCall']>;
type Listener = Parameters<Call['start']>[1];

/** The simulated process that a call goes to. */
export interface CallTarget {
  readonly openServerSide: ServerSideFactory;
  readonly atDeadline: AtDeadline;
  /** Runs `act` at once, or when a hanging process responds again. */
  whenResponsive(act: () => void): void;
  /** Registers a call that ends with the process. */
  addCall(end: (status: StatusObject) => void): void;
  removeCall(end: (status: StatusObject) => void): void;
}

/** Creates a call within this process, as grpc-js clients use it. It ends with exactly one status. */
export function createInProcessCall(
  method: string,
  deadline: Date | number,
  host: string,
  target: CallTarget,
): Call {
  let listener: Listener | null = null;
  let server: ServerSide | null = null;
  let cancelDeadline = (): void => undefined;
  let isReading = false;
  let isOver = false;
  let last: StatusObject | null = null;
  const received: Buffer[] = [];

  const finish = (status: StatusObject): void => {
    if (isOver) return;
    isOver = true;
    cancelDeadline();
    target.removeCall(abort);
    listener?.onReceiveStatus(status);
  };
  /** Ends the call; messages that were not read are lost. */
  const abort = (status: StatusObject): void => {
    if (isOver) return;
    received.length = 0;
    last = null;
    server?.cancel();
    queueMicrotask(() => {
      finish(status);
    });
  };
  const deliver = (): void => {
    if (isOver) return;
    const message = isReading ? received.shift() : undefined;
    if (message !== undefined) {
      isReading = false;
      listener?.onReceiveMessage(message);
    } else if (last !== null && received.length === 0) finish(last);
  };
  const fromServer = (act: () => void): void => {
    target.whenResponsive(() => {
      queueMicrotask(() => {
        if (isOver) return;
        act();
        deliver();
      });
    });
  };
  const toServer = (act: (to: ServerSide) => void): void => {
    target.whenResponsive(() => {
      if (!isOver && server !== null) act(server);
    });
  };

  return {
    start(metadata, callListener) {
      listener = callListener;
      target.addCall(abort);
      cancelDeadline = target.atDeadline(deadline, () => {
        abort(statusWithoutMetadata(code.DEADLINE_EXCEEDED, 'Deadline exceeded'));
      });
      server = target.openServerSide(
        { method, deadline, host, metadata: metadata.clone() },
        {
          metadata(sent) {
            fromServer(() => listener?.onReceiveMetadata(sent));
          },
          message(sent) {
            fromServer(() => received.push(sent));
          },
          status(sent) {
            fromServer(() => {
              last = sent;
            });
          },
        },
      );
      toServer((to) => {
        to.begin();
      });
    },
    sendMessageWithContext(context, message) {
      toServer((to) => {
        to.message(message);
      });
      process.nextTick(() => context.callback?.());
    },
    halfClose() {
      toServer((to) => {
        to.halfClose();
      });
    },
    startRead() {
      isReading = true;
      queueMicrotask(deliver);
    },
    cancelWithStatus(status, details) {
      abort(statusWithoutMetadata(status, details));
    },
    getPeer: () => host,
    getCallNumber: () => 0,
    setCredentials: () => undefined,
    getAuthContext: () => null,
  };
}

/** A gRPC status with empty metadata. */
export function statusWithoutMetadata(status: code, details: string): StatusObject {
  return { code: status, details, metadata: new Metadata() };
}
