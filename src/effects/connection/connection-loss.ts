import { map, NEVER, type Observable } from 'rxjs';
import type { ConnectionEvent, DialEvent } from '../../machines/effects.js';
import { messageOf, PluginError, type Handshake } from '../../model/index.js';
import type { GenerationChannel } from './dial.js';
import type { MultiplexedConnection } from '../yamux/index.js';

/** Tells when the connection to a plugin has ended and there can be no other: one that multiplexes takes one only. */
export function watchConnection(input: { readonly channel: GenerationChannel }): Observable<ConnectionEvent> {
  return input.channel.lost.pipe(map((error): ConnectionEvent => ({ type: 'channel.lost', error })));
}

/** How the one connection has ended; never emits where another one can be made. */
export function connectionLoss(link: MultiplexedConnection | null): Observable<PluginError> {
  if (link === null) return NEVER;
  return link.lost.pipe(
    map(
      (cause) =>
        new PluginError({
          code: 'CONNECTION_LOST',
          message: `The one connection to the plugin has ended: ${messageOf(cause)}`,
          hint: 'Its process lives on and cannot be reached any more, as a plugin that multiplexes takes one connection in its life. See its log for why it let go.',
          cause,
        }),
    ),
  );
}

/** What has become of the one connection, if it is that of which a dial has failed; else `null`. */
export function multiplexedFailure(link: MultiplexedConnection, address: Handshake): DialEvent | null {
  const end = link.session()?.endReason() ?? null;
  if (end === null) return null;
  return end.reason === 'protocol-violated'
    ? { type: 'channel.failed', error: notYamuxError(address, end) }
    : { type: 'channel.lost', error: droppedError(address, end) };
}

function notYamuxError({ network, address }: Handshake, cause: Error): PluginError {
  return new PluginError({
    code: 'MUX_UNSUPPORTED',
    phase: 'dial',
    message: `The plugin says that it multiplexes, but does not speak yamux at ${network}:${address}: ${cause.message}`,
    hint: 'Let it print true as field 7 only if it speaks yamux on its socket, or do not ask for it: --multiplex off.',
    cause,
  });
}

function droppedError({ network, address }: Handshake, cause: Error): PluginError {
  return new PluginError({
    code: 'CONNECTION_LOST',
    phase: 'dial',
    message: `The plugin dropped its one connection at ${network}:${address} before it had answered.`,
    hint: 'A plugin that multiplexes takes one connection in its life, in go-plugin within five seconds of its line. See its log for why it let go; if it does not speak yamux at all, do not ask for it: --multiplex off.',
    cause,
  });
}
