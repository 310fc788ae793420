import { connectivityState, Metadata, status as code, type StatusObject } from '@grpc/grpc-js';
import type { ChannelInterface } from '@grpc/grpc-js';
import { atDeadline as atHostDeadline, type AtDeadline } from '../http2/deadline.js';
import { withParent } from '../http2/parent.js';
import { createWatchers } from '../http2/watchers.js';
import type { CallTally } from './call-tally.js';
import { createWaitingCall, type Call, type WaitingCall } from './waiting-call.js';

/** One generation's connection, as far as calls go. */
export interface Connection {
  readonly grpc: ChannelInterface;
  readonly calls: CallTally;
}

type ChannelzRef = ReturnType<ChannelInterface['getChannelzRef']>;

/** A channel that stays valid while the process behind it comes and goes. */
export interface StableChannel extends ChannelInterface {
  connect(connection: Connection): void;
  disconnect(): void;
  /** Fails the waiting calls if what they wait for will not come any more. */
  reconsider(): void;
  /** No connection will ever come again. */
  retire(): void;
}

/** What is known about a plugin that cannot be called right now. */
export interface Absence {
  readonly plugin: string;
  readonly state: string;
  /** Whether a connection may come by itself. */
  readonly willReturn: boolean;
}

/**
 * The channel behind a plugin's clients: each generation's connection is plugged in when it is healthy. Calls
 * made in between fail with UNAVAILABLE, or wait when they are marked wait-for-ready, as in every gRPC channel.
 */
export function createStableChannel(
  absence: () => Absence,
  atDeadline: AtDeadline = atHostDeadline,
): StableChannel {
  let connection: Connection | null = null;
  let retired = false;
  const waiting = new Set<WaitingCall<Connection>>();
  const stateNow = (): connectivityState => {
    if (retired) return connectivityState.SHUTDOWN;
    return connection?.grpc.getConnectivityState(false) ?? connectivityState.IDLE;
  };
  const watchers = createWatchers(stateNow, atDeadline);

  const reconsider = (): void => {
    const missing = absence();
    if (!retired && missing.willReturn) return;
    for (const call of [...waiting]) call.fail(unavailable(missing));
  };

  const admit = (to: Connection): void => {
    for (const call of [...waiting]) {
      waiting.delete(call);
      call.resume(to);
    }
  };
  /** A broken connection is mended by the next call that is made on it, a probe at the latest. */
  const whenMended = (broken: Connection, state: connectivityState): void => {
    if (connection !== broken || waiting.size === 0 || state === connectivityState.SHUTDOWN) return;
    if (state === connectivityState.READY) admit(broken);
    else
      broken.grpc.watchConnectivityState(state, Infinity, () => {
        whenMended(broken, broken.grpc.getConnectivityState(false));
      });
  };

  return {
    connect(next) {
      connection = next;
      watchers.changed();
      admit(next);
    },
    disconnect() {
      connection = null;
      watchers.changed();
    },
    reconsider,
    retire() {
      connection = null;
      retired = true;
      watchers.changed();
      reconsider();
    },
    createCall: (method, deadline, host, parent, flags) =>
      withParent(parent, flags, deadline, (until) => {
        const open = (to: Connection): Call =>
          counted(to.grpc.createCall(method, until, host, null, null), to.calls);
        if (connection !== null && isReady(connection)) return open(connection);
        return createWaitingCall<Connection>({
          deadline: until,
          atDeadline,
          open,
          enter(call, waitForReady) {
            if (connection !== null && !waitForReady) return { then: 'go', connection };
            const missing = absence();
            if (retired || !waitForReady || !missing.willReturn)
              return { then: 'fail', status: unavailable(missing) };
            waiting.add(call);
            if (connection !== null) whenMended(connection, connection.grpc.getConnectivityState(true));
            return { then: 'wait' };
          },
          leave: (call) => waiting.delete(call),
        });
      }),
    getTarget: () => `espalier:${absence().plugin}`,
    getConnectivityState: stateNow,
    watchConnectivityState: watchers.watch,
    getChannelzRef: () => ({ kind: 'channel', id: -1, name: absence().plugin }) as unknown as ChannelzRef,
    // The channel belongs to the plugin; closing one client must not end the others.
    close: () => undefined,
  };
}

function isReady({ grpc }: Connection): boolean {
  return grpc.getConnectivityState(false) === connectivityState.READY;
}

/** Counts a call from its start to its status, and what the plugin sends on it: a status may be our own. */
function counted(call: Call, tally: CallTally): Call {
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

function unavailable({ plugin, state }: Absence): StatusObject {
  const metadata = new Metadata();
  metadata.set('espalier-code', 'CALL_UNAVAILABLE');
  metadata.set('espalier-state', state);
  return { code: code.UNAVAILABLE, details: `Plugin ${plugin} cannot be called: it is ${state}`, metadata };
}
