import { connectivityState, status as code, type ChannelInterface, type StatusObject } from '@grpc/grpc-js';
import { createConnectivityWatchers, type AtDeadline } from '../../environment/index.js';
import { createInProcessCall, statusWithoutMetadata, type CallTarget } from './in-process-call.js';
import { serveInProcess, type SimulatedService } from './in-process-server.js';

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
  services: readonly SimulatedService[],
  atDeadline: AtDeadline,
): InProcessChannel {
  let state = connectivityState.READY;
  let isFrozen = false;
  const deferred: (() => void)[] = [];
  const calls = new Set<(status: StatusObject) => void>();
  const watchers = createConnectivityWatchers(() => state, atDeadline);
  const callTarget: CallTarget = {
    openServerSide: serveInProcess(services),
    atDeadline,
    whenResponsive(act) {
      if (isFrozen) deferred.push(act);
      else act();
    },
    addCall(end) {
      if (state === connectivityState.READY) calls.add(end);
      else end(connectionLost());
    },
    removeCall: (end) => calls.delete(end),
  };
  return {
    grpc: {
      createCall: (method, deadline, host) =>
        createInProcessCall(method, deadline, host ?? target, callTarget),
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
      for (const act of deferred.splice(0)) act();
    },
    end() {
      state = connectivityState.IDLE;
      deferred.length = 0;
      watchers.changed();
      for (const end of [...calls]) end(connectionLost());
    },
  };
}

function connectionLost(): StatusObject {
  return statusWithoutMetadata(code.UNAVAILABLE, 'The connection was lost: the process has ended');
}
