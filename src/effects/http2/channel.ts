import { connectivityState, status as code, type ChannelInterface, type StatusObject } from '@grpc/grpc-js';
import type { Observable, Subscription } from 'rxjs';
import { messageOf } from '../../model/index.js';
import { createWaitingCall, type WaitingCall } from '../grpc/waiting-call.js';
import { createHttp2Call } from './call.js';
import type { Http2Connection } from './connection.js';
import { withParent } from './parent.js';
import { statusOf } from './status.js';
import { createWatchers } from './watchers.js';

type ChannelzRef = ReturnType<ChannelInterface['getChannelzRef']>;

/** A gRPC channel to one server, over one HTTP/2 connection at a time. */
export interface Http2Channel extends ChannelInterface {
  /** Connects if it is not connected; calls back with `null`, or with what kept it from connecting. */
  connect(done: (failure: unknown) => void): void;
  /** Closes it at once. Calls in flight fail; `close` lets them finish. */
  destroy(): void;
}

interface Place {
  /** For example `unix:/run/…/plugin123`. */
  readonly target: string;
  readonly open: () => Observable<Http2Connection>;
}

/**
 * It connects when it is asked to or when a call needs it, and once more with every call after the connection was
 * lost. It does not try again by itself: whoever wants that has a clock.
 */
export function createHttp2Channel({ target, open }: Place): Http2Channel {
  let connection: Http2Connection | null = null;
  let attempt: Subscription | null = null;
  let state = connectivityState.IDLE;
  const waiting = new Map<WaitingCall<Http2Connection>, { readonly forReady: boolean }>();
  const askers: ((failure: unknown) => void)[] = [];
  const watchers = createWatchers(() => state);
  const isShut = (): boolean => state === connectivityState.SHUTDOWN;

  const move = (next: connectivityState): void => {
    if (isShut()) return;
    state = next;
    watchers.changed();
  };
  const settle = (outcome: unknown): void => {
    for (const done of askers.splice(0)) done(outcome);
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
    next.session.once('goaway', lose).once('close', lose);
    move(connectivityState.READY);
    settle(null);
    for (const call of [...waiting.keys()]) {
      waiting.delete(call);
      call.resume(next);
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
    settle(error);
    for (const [call, { forReady }] of [...waiting]) if (!forReady) call.fail(unconnected(target, error));
  };
  const usable = (): Http2Connection | null => {
    const session = connection?.session;
    return session === undefined || session.closed || session.destroyed ? null : connection;
  };

  const shut = (end: (session: Http2Connection['session']) => void): void => {
    if (connection !== null) end(connection.session);
    if (isShut()) return;
    move(connectivityState.SHUTDOWN);
    attempt?.unsubscribe();
    settle(new Error('the channel was closed'));
    for (const call of [...waiting.keys()]) call.fail(statusOf(code.UNAVAILABLE, 'The channel is closed'));
  };

  return {
    connect(done) {
      if (usable() !== null) {
        done(null);
        return;
      }
      askers.push(done);
      begin();
    },
    createCall: (method, deadline, host, parent, flags) =>
      withParent(parent, flags, deadline, (until) => {
        const openOn = (to: Http2Connection) => createHttp2Call(to, { method, deadline: until, host });
        const now = usable();
        if (now !== null) return openOn(now);
        return createWaitingCall<Http2Connection>({
          deadline: until,
          open: openOn,
          enter(call, forReady) {
            if (isShut())
              return { then: 'fail', status: statusOf(code.UNAVAILABLE, 'The channel is closed') };
            const there = usable();
            if (there !== null) return { then: 'go', connection: there };
            waiting.set(call, { forReady });
            begin();
            return { then: 'wait' };
          },
          leave: (call) => waiting.delete(call),
        });
      }),
    getTarget: () => target,
    getConnectivityState(tryToConnect) {
      if (tryToConnect && usable() === null) begin();
      return state;
    },
    watchConnectivityState: watchers.watch,
    getChannelzRef: () => ({ kind: 'channel', id: -1, name: target }) as unknown as ChannelzRef,
    close() {
      shut((session) => {
        session.close();
      });
    },
    destroy() {
      shut((session) => {
        session.destroy();
      });
    },
  };
}

function unconnected(target: string, failure: unknown): StatusObject {
  return statusOf(code.UNAVAILABLE, `No connection to ${target}: ${messageOf(failure)}`);
}
