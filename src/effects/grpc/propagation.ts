import { propagate, status as code, type ChannelInterface } from '@grpc/grpc-js';
import type { Call } from './pending-call.js';
import { earlier, type Deadline } from './deadline.js';

type Parent = Parameters<ChannelInterface['createCall']>[3];

/** Makes a call that inherits the deadline and the cancellation of the server's call that it is made for. */
export function withParent(
  parent: Parent,
  flags: number | null | undefined,
  deadline: Deadline,
  create: (deadline: Deadline) => Call,
): Call {
  if (parent === null) return create(deadline);
  const inherited = flags ?? propagate.DEFAULTS;
  const isBounded = (inherited & propagate.DEADLINE) !== 0;
  const call = create(isBounded ? earlier(deadline, parent.getDeadline()) : deadline);
  if ((inherited & propagate.CANCELLATION) !== 0) cancelWith(parent, call);
  return call;
}

/** A server's call may make many others before it ends: each of them listens no longer than it lasts. */
function cancelWith(parent: NonNullable<Parent>, call: Call): void {
  const cancel = (): void => {
    call.cancelWithStatus(code.CANCELLED, 'Cancelled by parent call');
  };
  parent.on('cancelled', cancel);
  const start = call.start.bind(call);
  call.start = (metadata, listener) => {
    start(metadata, {
      onReceiveMetadata: (received) => {
        listener.onReceiveMetadata(received);
      },
      onReceiveMessage: (message: unknown) => {
        listener.onReceiveMessage(message);
      },
      onReceiveStatus: (status) => {
        parent.off('cancelled', cancel);
        listener.onReceiveStatus(status);
      },
    });
  };
}
