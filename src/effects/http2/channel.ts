import { connectivityState, status as code, type ChannelInterface, type StatusObject } from '@grpc/grpc-js';
import { ReplaySubject, type Observable, type Subscription } from 'rxjs';
import type { Http2Error } from '../../http2/index.js';
import { messageOf } from '../../model/index.js';
import { defaultCallSettings, type CallWithSettings } from '../grpc/call-settings.js';
import type { StartUnaryCall } from '../grpc/unary-request.js';
import { startUnaryCall } from './unary-call.js';
import { createHttp2Call, type PendingHttp2Call, type ConnectionQueue } from './http2-call.js';
import { isUsable, type Http2Connection } from './connection.js';
import type { Call } from '../grpc/pending-call.js';
import { withParent } from '../grpc/propagation.js';
import { statusOf } from './status.js';
import { createConnectivityWatchers } from '../grpc/connectivity-watchers.js';

type ChannelzRef = ReturnType<ChannelInterface['getChannelzRef']>;

/** A gRPC channel to one server, over one HTTP/2 connection at a time. */
export interface Http2Channel extends ChannelInterface {
  /** Connects if it is not connected; calls back with `null`, or with what kept it from connecting. */
  connect(done: (failure: unknown) => void): void;
  /** Closes it at once. Calls in flight fail; `close` lets them finish. */
  destroy(): void;
  /** Emits when the server has sent more than a limit allows, which has ended the connection. */
  readonly overLimit: Observable<Http2Error>;
  /** Starts a unary call on the connection, if it takes calls now. */
  readonly startUnaryCall: StartUnaryCall;
  /** The same as for every channel, with what the client asks of its calls and what it knows of the method. */
  createCall(...call: CallWithSettings): Call;
}

interface Place {
  /** For example `unix:/run/…/plugin123`. */
  readonly target: string;
  readonly open: () => Observable<Http2Connection>;
}

/**
 * It connects when it is asked to or when a call needs it, and once more with every call after the connection was
 * lost. It has no timer and does not try again by itself: its owner decides when to connect.
 */
export function createHttp2Channel({ target, open }: Place): Http2Channel {
  let connection: Http2Connection | null = null;
  let attempt: Subscription | null = null;
  let state = connectivityState.IDLE;
  /** The connection, and those that a server has said goodbye on and that still have calls. */
  const alive = new Set<Http2Connection>();
  const waiting = new Map<PendingHttp2Call, { readonly forReady: boolean }>();
  const overLimit = new ReplaySubject<Http2Error>(1);
  const connectors: ((failure: unknown) => void)[] = [];
  const watchers = createConnectivityWatchers(() => state);
  const isShut = (): boolean => state === connectivityState.SHUTDOWN;

  const move = (next: connectivityState): void => {
    if (isShut()) return;
    state = next;
    watchers.changed();
  };
  const notifyConnectors = (outcome: unknown): void => {
    for (const done of connectors.splice(0)) done(outcome);
  };
  const begin = (): void => {
    if (attempt !== null || isShut()) return;
    move(connectivityState.CONNECTING);
    const begun = open().subscribe({ next: succeed, error: fail });
    attempt = begun.closed ? null : begun;
  };
  const succeed = (next: Http2Connection): void => {
    attempt = null;
    connection = next;
    alive.add(next);
    next.leaving.subscribe({
      next: lose,
      complete() {
        alive.delete(next);
        const end = next.endReason();
        if (end?.reason === 'limit-exceeded') overLimit.next(end);
      },
    });
    move(connectivityState.READY);
    notifyConnectors(null);
    for (const call of [...waiting.keys()]) {
      waiting.delete(call);
      call.start(next);
    }
    function lose(): void {
      if (connection !== next) return;
      connection = null;
      move(connectivityState.IDLE);
    }
  };
  const fail = (error: unknown): void => {
    attempt = null;
    move(connectivityState.TRANSIENT_FAILURE);
    notifyConnectors(error);
    for (const [call, { forReady }] of [...waiting]) if (!forReady) call.fail(unconnected(target, error));
  };
  const usable = (): Http2Connection | null =>
    connection !== null && isUsable(connection) ? connection : null;

  const shut = (end: (connection: Http2Connection) => void): void => {
    for (const one of [...alive]) end(one);
    if (isShut()) return;
    move(connectivityState.SHUTDOWN);
    attempt?.unsubscribe();
    notifyConnectors(new Error('the channel was closed'));
    for (const call of [...waiting.keys()]) call.fail(closed());
  };
  const connections: ConnectionQueue = {
    target,
    request(call, forReady) {
      const now = usable();
      if (isShut()) call.fail(closed());
      else if (now !== null) call.start(now);
      else {
        waiting.set(call, { forReady });
        begin();
      }
    },
    cancel: (call) => waiting.delete(call),
  };

  return {
    connect(done) {
      if (usable() !== null) {
        done(null);
        return;
      }
      if (isShut()) {
        done(new Error('the channel was closed'));
        return;
      }
      connectors.push(done);
      begin();
    },
    createCall: (method, deadline, host, parent, flags, settings, hasOneResponse) =>
      withParent(parent, flags, deadline, (until) =>
        createHttp2Call(
          { method, deadline: until, host },
          connections,
          settings ?? defaultCallSettings,
          hasOneResponse === true,
        ),
      ),
    startUnaryCall(counter, request) {
      const now = usable();
      return now === null ? null : startUnaryCall(now, counter, request);
    },
    overLimit,
    getTarget: () => target,
    getConnectivityState(tryToConnect) {
      if (tryToConnect && usable() === null) begin();
      return state;
    },
    watchConnectivityState: watchers.watch,
    getChannelzRef: () => ({ kind: 'channel', id: -1, name: target }) as unknown as ChannelzRef,
    close() {
      shut((one) => {
        one.close();
      });
    },
    destroy() {
      shut((one) => {
        one.destroy();
      });
    },
  };
}

function closed(): StatusObject {
  return statusOf(code.UNAVAILABLE, 'The channel is closed');
}

function unconnected(target: string, failure: unknown): StatusObject {
  return statusOf(code.UNAVAILABLE, `No connection to ${target}: ${messageOf(failure)}`);
}
