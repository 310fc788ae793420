import { connectivityState, status as code, type ChannelInterface, type StatusObject } from '@grpc/grpc-js';
import { createConnectivityWatchers, type AtDeadline } from '../../environment/index.js';
import { createInProcessCall, statusWithoutMetadata, type CallTarget } from './in-process-call.js';
import { serveInProcess, type SimulatedService } from './in-process-server.js';

type ChannelzRef = ReturnType<ChannelInterface['getChannelzRef']>;

/** The gRPC channel to one simulated process. */
export interface InProcessChannel {
  readonly grpc: ChannelInterface;
  /** The process has exited: its calls fail with UNAVAILABLE. */
  end(): void;
}

/** Opens a channel to services that are called without a socket. `whenResponsive` delays calls of a hanging process. */
export function openInProcessChannel(
  target: string,
  services: readonly SimulatedService[],
  atDeadline: AtDeadline,
  whenResponsive: CallTarget['whenResponsive'],
): InProcessChannel {
  let state = connectivityState.READY;
  const calls = new Set<(status: StatusObject) => void>();
  const watchers = createConnectivityWatchers(() => state, atDeadline);
  const callTarget: CallTarget = {
    openServerSide: serveInProcess(services),
    atDeadline,
    whenResponsive,
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
    end() {
      state = connectivityState.IDLE;
      watchers.changed();
      for (const end of [...calls]) end(connectionLost());
    },
  };
}

function connectionLost(): StatusObject {
  return statusWithoutMetadata(code.UNAVAILABLE, 'The connection was lost: the process has ended');
}
