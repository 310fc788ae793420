import { propagate, status as code, type ChannelInterface } from '@grpc/grpc-js';
import type { Call } from '../grpc/waiting-call.js';
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
  if ((inherited & propagate.CANCELLATION) !== 0)
    parent.on('cancelled', () => {
      call.cancelWithStatus(code.CANCELLED, 'Cancelled by parent call');
    });
  return call;
}
