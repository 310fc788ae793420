import { connectivityState, status as code, type ChannelInterface, type StatusObject } from '@grpc/grpc-js';
import { createWatchers, type AtDeadline } from '../../environment/index.js';
import { createInProcessCall, plainStatus, type Callee } from './call.js';
import { serveInProcess, type PretendedService } from './server-call.js';

type ChannelzRef = ReturnType<ChannelInterface['getChannelzRef']>;

/** The gRPC channel to one pretended process, and the power over it. */
export interface InProcessChannel {
  readonly grpc: ChannelInterface;
  /** The process hangs: calls are taken and not answered. */
  freeze(): void;
  /** It goes on with whatever has come meanwhile. */
  thaw(): void;
  /** The process is gone: its calls fail with UNAVAILABLE. */
  end(): void;
}

/** A channel to services that are called in this process, without a socket. */
export function openInProcessChannel(
  target: string,
  services: readonly PretendedService[],
  atDeadline: AtDeadline,
): InProcessChannel {
  let state = connectivityState.READY;
  let isFrozen = false;
  const held: (() => void)[] = [];
  const calls = new Set<(status: StatusObject) => void>();
  const watchers = createWatchers(() => state, atDeadline);
  const callee: Callee = {
    answer: serveInProcess(services),
    atDeadline,
    whenAwake(act) {
      if (isFrozen) held.push(act);
      else act();
    },
    enter(end) {
      if (state === connectivityState.READY) calls.add(end);
      else end(gone());
    },
    leave: (end) => calls.delete(end),
  };
  return {
    grpc: {
      createCall: (method, deadline, host) => createInProcessCall(method, deadline, host ?? target, callee),
      getTarget: () => target,
      getConnectivityState: () => state,
      watchConnectivityState: watchers.watch,
      getChannelzRef: () => ({ kind: 'channel', id: -1, name: target }) as unknown as ChannelzRef,
      close: () => undefined,
    },
    freeze() {
      isFrozen = true;
    },
    thaw() {
      isFrozen = false;
      for (const act of held.splice(0)) act();
    },
    end() {
      state = connectivityState.IDLE;
      held.length = 0;
      watchers.changed();
      for (const end of [...calls]) end(gone());
    },
  };
}

function gone(): StatusObject {
  return plainStatus(code.UNAVAILABLE, 'The connection was lost: the process has ended');
}
