import { connectivityState, Metadata, status as code, type StatusObject } from '@grpc/grpc-js';
import type { ChannelInterface, ClientUnaryCall } from '@grpc/grpc-js';
import type { CallWithSettings } from './call-settings.js';
import type { StartUnaryCall, UnaryRequest } from './unary-request.js';
import { atDeadline as atHostDeadline, type AtDeadline } from './deadline.js';
import { withParent } from './propagation.js';
import { createConnectivityWatchers } from './connectivity-watchers.js';
import type { CallCounter } from './call-counter.js';
import { createPendingCall, type Call, type PendingCall } from './pending-call.js';

/** One generation's connection, as far as calls go. */
export interface Connection {
  /** The channel to the generation's process, which may have a short way for unary calls. */
  readonly grpc: ChannelInterface & { readonly startUnaryCall?: StartUnaryCall };
  readonly calls: CallCounter;
}

type ChannelzRef = ReturnType<ChannelInterface['getChannelzRef']>;

/** A channel that stays valid while the process behind it comes and goes. */
export interface PluginChannel extends ChannelInterface {
  connect(connection: Connection): void;
  disconnect(): void;
  /** Fails the waiting calls if what they wait for will not come any more. */
  failUnservable(): void;
  /** No connection will ever come again. */
  shutDown(): void;
  /** Starts a unary call the short way; `null` where there is none, now. */
  startUnaryCall(request: UnaryRequest): ClientUnaryCall | null;
  /** The same as for every channel, with what the client asks of its calls. */
  createCall(...call: CallWithSettings): Call;
}

/** What is known about a plugin that cannot be called right now. */
export interface Unavailability {
  readonly plugin: string;
  readonly state: string;
  /** Whether a connection may come by itself. */
  readonly isTemporary: boolean;
}

/**
 * The channel behind a plugin's clients: each generation's connection is plugged in when it is healthy. Calls
 * made in between fail with UNAVAILABLE, or wait when they are marked wait-for-ready, as in every gRPC channel.
 */
export function createPluginChannel(
  unavailability: () => Unavailability,
  atDeadline: AtDeadline = atHostDeadline,
): PluginChannel {
  let connection: Connection | null = null;
  let isShutDown = false;
  const pending = new Set<PendingCall<Connection>>();
  const stateNow = (): connectivityState => {
    if (isShutDown) return connectivityState.SHUTDOWN;
    return connection?.grpc.getConnectivityState(false) ?? connectivityState.IDLE;
  };
  const watchers = createConnectivityWatchers(stateNow, atDeadline);

  const failUnservable = (): void => {
    const missing = unavailability();
    if (!isShutDown && missing.isTemporary) return;
    for (const call of [...pending]) call.fail(unavailable(missing));
  };

  const startPending = (to: Connection): void => {
    for (const call of [...pending]) {
      pending.delete(call);
      call.resume(to);
    }
  };
  /** A broken connection is mended by the next call that is made on it, a probe at the latest. */
  const whenReady = (broken: Connection, state: connectivityState): void => {
    if (connection !== broken || pending.size === 0 || state === connectivityState.SHUTDOWN) return;
    if (state === connectivityState.READY) startPending(broken);
    else
      broken.grpc.watchConnectivityState(state, Infinity, () => {
        whenReady(broken, broken.grpc.getConnectivityState(false));
      });
  };

  return {
    connect(next) {
      connection = next;
      watchers.changed();
      startPending(next);
    },
    disconnect() {
      connection = null;
      watchers.changed();
    },
    failUnservable,
    shutDown() {
      connection = null;
      isShutDown = true;
      watchers.changed();
      failUnservable();
    },
    startUnaryCall: (request) => connection?.grpc.startUnaryCall?.(connection.calls, request) ?? null,
    createCall: (method, deadline, host, parent, flags, ...settings) =>
      withParent(parent, flags, deadline, (until) => {
        const open = (to: Connection): Call => {
          const create: (...call: CallWithSettings) => Call = to.grpc.createCall.bind(to.grpc);
          return countCall(create(method, until, host, null, null, ...settings), to.calls);
        };
        if (connection !== null && isReady(connection)) return open(connection);
        return createPendingCall<Connection>({
          deadline: until,
          atDeadline,
          open,
          pick(call, waitForReady) {
            if (connection !== null && !waitForReady) return { pick: 'complete', connection };
            const missing = unavailability();
            if (isShutDown || !waitForReady || !missing.isTemporary)
              return { pick: 'fail', status: unavailable(missing) };
            pending.add(call);
            if (connection !== null) whenReady(connection, connection.grpc.getConnectivityState(true));
            return { pick: 'queue' };
          },
          remove: (call) => pending.delete(call),
        });
      }),
    getTarget: () => `espalier:${unavailability().plugin}`,
    getConnectivityState: stateNow,
    watchConnectivityState: watchers.watch,
    getChannelzRef: () =>
      ({ kind: 'channel', id: -1, name: unavailability().plugin }) as unknown as ChannelzRef,
    // The channel belongs to the plugin; closing one client must not end the others.
    close: () => undefined,
  };
}

function isReady({ grpc }: Connection): boolean {
  return grpc.getConnectivityState(false) === connectivityState.READY;
}

/** Counts a call from its start to its status, and what the plugin sends on it: a status may be our own. */
function countCall(call: Call, tally: CallCounter): Call {
  const start = call.start.bind(call);
  call.start = (metadata, listener) => {
    tally.begin();
    start(metadata, {
      onReceiveMetadata: (received) => {
        tally.answer();
        listener.onReceiveMetadata(received);
      },
      onReceiveMessage: (message: unknown) => {
        tally.answer();
        listener.onReceiveMessage(message);
      },
      onReceiveStatus: (status) => {
        tally.end();
        listener.onReceiveStatus(status);
      },
    });
  };
  return call;
}

function unavailable({ plugin, state }: Unavailability): StatusObject {
  const metadata = new Metadata();
  metadata.set('espalier-code', 'CALL_UNAVAILABLE');
  metadata.set('espalier-state', state);
  return { code: code.UNAVAILABLE, details: `Plugin ${plugin} cannot be called: it is ${state}`, metadata };
}
