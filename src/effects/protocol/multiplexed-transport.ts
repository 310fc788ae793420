import type { Duplex } from 'node:stream';
import { concatMap, defer, EMPTY, from, map, NEVER, of, type Observable } from 'rxjs';
import { messageOf, PluginError, type Handshake } from '../../model/index.js';
import { createMultiplexedRoutes } from '../broker/multiplexed-routes.js';
import type { YamuxError } from '../../yamux/index.js';
import type { RunningProcess } from '../process/runner.js';
import { createYamuxSession, type YamuxSession } from '../yamux/index.js';
import type { Transport } from './transport.js';

/**
 * A transport where each connection is a yamux stream of one socket. The plugin accepts one connection in its life, so
 * there is no second socket; the first one may be tried again while it is refused.
 */
export function createMultiplexedTransport(
  handshake: Handshake,
  { connect }: Pick<RunningProcess, 'connect'>,
  now: () => number,
): Transport {
  let session: YamuxSession | null = null;
  const begin = (socket: Duplex): Duplex => {
    session = createYamuxSession(socket, 'client');
    return session.open();
  };
  return {
    multiplexed: true,
    open: () => defer(() => (session === null ? connect(handshake).pipe(map(begin)) : of(session.open()))),
    createRoutes(broker) {
      if (session === null) throw new Error('A transport has no routes before its first connection.');
      return createMultiplexedRoutes(broker, session, now);
    },
    lost: defer((): Observable<YamuxError> => (session === null ? NEVER : from(session.closed))).pipe(
      concatMap((end) => (end.reason === 'session-closed' ? EMPTY : of(lostError(end)))),
    ),
    dialFailure() {
      const end = session?.endReason() ?? null;
      if (end === null) return null;
      return end.reason === 'protocol-violated'
        ? { type: 'channel.failed', error: notYamuxError(handshake, end) }
        : { type: 'channel.lost', error: droppedError(handshake, end) };
    },
    // That takes a connection, but the plugin accepts no second one.
    detectTls: () => of(null),
    close() {
      session?.close();
    },
  };
}

function lostError(cause: YamuxError): PluginError {
  return new PluginError({
    code: cause.reason === 'limit-exceeded' ? 'LIMIT_EXCEEDED' : 'CONNECTION_LOST',
    message: `The one connection to the plugin has ended: ${messageOf(cause)}`,
    hint: 'Its process runs on and cannot be reached any more, as a plugin that multiplexes accepts one connection in its life. See its log for why it closed the connection.',
    cause,
  });
}

function notYamuxError({ network, address }: Handshake, cause: Error): PluginError {
  return new PluginError({
    code: 'MUX_UNSUPPORTED',
    phase: 'dial',
    message: `The plugin announced multiplexing, but does not use yamux at ${network}:${address}: ${cause.message}`,
    hint: 'Let it print true as field 7 only if it serves yamux on its socket, or do not offer multiplexing: --multiplex off.',
    cause,
  });
}

function droppedError({ network, address }: Handshake, cause: Error): PluginError {
  return new PluginError({
    code: 'CONNECTION_LOST',
    phase: 'dial',
    message: `The plugin closed its one connection at ${network}:${address} before it had answered.`,
    hint: 'A plugin that multiplexes accepts one connection in its life, in go-plugin within five seconds of its handshake line. See its log for why it closed the connection; if it does not serve yamux at all, do not offer multiplexing: --multiplex off.',
    cause,
  });
}
