import { catchError, map, Observable, of, ReplaySubject, Subscription } from 'rxjs';
import type { ChannelHandle, DialFact } from '../machines/plugin.effects.js';
import {
  isPluginError,
  PluginError,
  messageOf,
  type Handshake,
  type PluginLogEntry,
} from '../model/index.js';
import { createAnnouncedRoutes } from './broker/announced-routes.js';
import { createBrokerDesk, type BrokerDesk } from './broker/desk.js';
import { createKnockedRoutes } from './broker/knocked-routes.js';
import type { BrokerRoutes } from './broker/routes.js';
import { createCallTally, type CallTally } from './grpc/call-tally.js';
import { askForHooks, type HookNames } from './grpc/hook-names.js';
import { openChannel } from './grpc/open-channel.js';
import type { Http2Channel } from './http2/channel.js';
import type { TlsSettings } from './launch.js';
import type { LogSink } from './log-lines.js';
import { lossOf, onlyFailure } from './only-connection.js';
import type { RunningProcess } from './process.js';
import { openSocket } from './socket.js';
import { examine } from './tls/examine.js';
import { inTheClear, manual, pinned, type Security } from './tls/security.js';
import { createYamuxLink, type YamuxLink } from './yamux/index.js';

/** The connection to one generation as the other effects see it. */
export interface GenerationChannel extends ChannelHandle {
  readonly grpc: Http2Channel;
  /** The embedder's calls; our own probes and hooks are not counted. */
  readonly calls: CallTally;
  readonly process: RunningProcess;
  readonly security: Security;
  readonly broker: BrokerDesk;
  /** How connections beside the main one come about. */
  readonly routes: BrokerRoutes;
  /** The answer to a question that is asked as soon as the plugin can be asked, beside the first probe. */
  readonly hooks: Observable<HookNames>;
  /** Emits when this connection has ended and there can be no other. */
  readonly lost: Observable<PluginError>;
}

interface Input {
  readonly plugin: string;
  readonly generation: number;
  readonly process: RunningProcess;
  readonly handshake: Handshake;
}

/**
 * Connects once to the address of a handshake. A connection that fails for its TLS is no use trying again; one that
 * is refused may be, as some plugins print their line slightly before they listen. It lives until the process ends.
 */
export function dial(input: Input, tls: TlsSettings, now: () => number, log: LogSink): Observable<DialFact> {
  return new Observable((subscriber) => {
    const { handshake, process } = input;
    if (handshake.network === 'unix' && !process.claimSocket(handshake.address)) log(strayWarning(input));
    const conclude = (fact: DialFact): void => {
      subscriber.next(fact);
      subscriber.complete();
    };
    let security: Security;
    try {
      security = securityFor(process, handshake, tls);
    } catch (error) {
      conclude({ type: 'channel.failed', error: unusable(error) });
      return;
    }
    const link = handshake.multiplexed ? createYamuxLink(handshake) : null;
    const grpc = openChannel(
      `${handshake.network}:${handshake.address}`,
      () => link?.open() ?? openSocket(handshake),
      security,
    );
    const end = (): void => {
      grpc.destroy();
      link?.close();
    };
    const examination = new Subscription();
    let isHandedOver = false;
    grpc.connect((failure) => {
      if (subscriber.closed) return;
      if (failure === null) {
        isHandedOver = true;
        process.scope.add(end);
        conclude({ type: 'channel.ready', channel: describe(grpc, link, input, security, now) });
        return;
      }
      const only = link === null ? null : onlyFailure(link, handshake);
      if (only === null) examination.add(reasonFor(failure, handshake, security).subscribe(conclude));
      else conclude(only);
    });
    return () => {
      examination.unsubscribe();
      if (!isHandedOver) end();
    };
  });
}

/**
 * Whether trying again may help. A plugin that is not understood in the clear is asked whether it serves TLS, unless
 * the question would be the one connection that it takes.
 */
function reasonFor(failure: unknown, address: Handshake, { tls }: Security): Observable<DialFact> {
  const refused: DialFact = { type: 'channel.refused', error: unconnected(failure, address) };
  if (isPluginError(failure)) return of({ type: 'channel.failed', error: failure });
  if (tls !== null || address.multiplexed) return of(refused);
  return examine(address).pipe(
    map((error): DialFact => (error === null ? refused : { type: 'channel.failed', error })),
    catchError(() => of(refused)),
  );
}

function securityFor(process: RunningProcess, { certificate }: Handshake, settings: TlsSettings): Security {
  if (settings.mode === 'manual') return manual(settings.tls);
  if (certificate === null || process.identity === null) return inTheClear();
  return pinned(process.identity, certificate);
}

function unconnected(cause: unknown, { network, address }: Handshake): PluginError {
  return new PluginError({
    code: 'CONNECT_FAILED',
    phase: 'dial',
    message: `No connection to ${network}:${address}: ${messageOf(cause)}.`,
    hint: 'Let the plugin listen before it prints its line.',
    cause,
  });
}

/** It works all the same, and older plugins know no better. */
function strayWarning({ plugin, generation, handshake, process }: Input): PluginLogEntry {
  const message = `the plugin listens on ${handshake.address}, outside PLUGIN_UNIX_SOCKET_DIR (${process.socketDirectory}), where others may reach it`;
  return { plugin, generation, source: 'host', level: 'warn', message, fields: {} };
}

function unusable(error: unknown): PluginError {
  return new PluginError({
    code: 'CERTIFICATE_INVALID',
    phase: 'dial',
    message: `A certificate cannot be used: ${messageOf(error)}.`,
    hint: "Check that the plugin's certificate has a key that OpenSSL can use, and those of the option tls likewise.",
    cause: error,
  });
}

function describe(
  grpc: Http2Channel,
  link: YamuxLink | null,
  { handshake, process }: Pick<Input, 'handshake' | 'process'>,
  security: Security,
  now: () => number,
): GenerationChannel & { toJSON(): unknown } {
  const { network, multiplexed } = handshake;
  const address = `${network}:${handshake.address}`;
  const { transport } = security;
  const broker = createBrokerDesk();
  process.scope.add(() => {
    broker.close(gone());
  });
  const session = link?.session() ?? null;
  const routes =
    session === null
      ? createAnnouncedRoutes(broker, { ...process, network }, now)
      : createKnockedRoutes(broker, session, now);
  const calls = createCallTally();
  const hooks = new ReplaySubject<HookNames>(1);
  process.scope.add(askForHooks(grpc).subscribe(hooks));
  const toJSON = () => ({ address, transport, multiplexed });
  const lost = lossOf(link);
  return {
    grpc,
    address,
    transport,
    multiplexed,
    calls,
    process,
    security,
    broker,
    routes,
    hooks,
    lost,
    toJSON,
  };
}

function gone(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'The process behind this broker has ended.',
    hint: 'Wait until the plugin is healthy again; ids are of one process only.',
  });
}
