import { catchError, map, Observable, of, ReplaySubject, Subscription } from 'rxjs';
import type { ChannelHandle, DialEvent } from '../../machines/effects.js';
import {
  isPluginError,
  PluginError,
  messageOf,
  type Handshake,
  type PluginLogEntry,
} from '../../model/index.js';
import { createAddressRoutes } from '../broker/address-routes.js';
import { createBrokerState, type BrokerState } from '../broker/broker-state.js';
import { createMultiplexedRoutes } from '../broker/multiplexed-routes.js';
import type { BrokerRoutes } from '../broker/routes.js';
import { createCallCounter, type CallCounter } from '../grpc/call-counter.js';
import { fetchHookNames, type HookNames } from '../rpc/hook-names.js';
import { openChannel } from '../http2/open-channel.js';
import type { Http2Channel } from '../http2/channel.js';
import type { TlsSettings } from '../launch/prepare-launch.js';
import type { LogSink } from '../logs/line-writer.js';
import { connectionLoss, multiplexedFailure } from './connection-loss.js';
import type { RunningProcess } from '../process/local-process.js';
import { openSocket } from '../socket/open-socket.js';
import { detectTls } from '../tls/detect-tls.js';
import { plaintext, manualTls, pinnedMutualTls, type Security } from '../tls/security.js';
import { createMultiplexedConnection, type MultiplexedConnection } from '../yamux/index.js';

/** The connection to one generation as the other effects see it. */
export interface GenerationChannel extends ChannelHandle {
  readonly grpc: Http2Channel;
  /** The embedder's calls; our own probes and hooks are not counted. */
  readonly calls: CallCounter;
  readonly process: RunningProcess;
  readonly security: Security;
  readonly broker: BrokerState;
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
export function dial(input: Input, tls: TlsSettings, now: () => number, log: LogSink): Observable<DialEvent> {
  return new Observable((subscriber) => {
    const { handshake, process } = input;
    if (handshake.network === 'unix' && !process.registerSocket(handshake.address))
      log(socketOutsideWarning(input));
    const conclude = (fact: DialEvent): void => {
      subscriber.next(fact);
      subscriber.complete();
    };
    let security: Security;
    try {
      security = securityFor(process, handshake, tls);
    } catch (error) {
      conclude({ type: 'channel.failed', error: certificateError(error) });
      return;
    }
    const link = handshake.multiplexed ? createMultiplexedConnection(handshake) : null;
    const grpc = openChannel(
      `${handshake.network}:${handshake.address}`,
      () => link?.open() ?? openSocket(handshake),
      security,
    );
    const end = (): void => {
      grpc.destroy();
      link?.close();
    };
    const tlsDetection = new Subscription();
    let isHandedOver = false;
    grpc.connect((failure) => {
      if (subscriber.closed) return;
      if (failure === null) {
        isHandedOver = true;
        process.scope.add(end);
        conclude({
          type: 'channel.ready',
          channel: createGenerationChannel(grpc, link, input, security, now),
        });
        return;
      }
      const only = link === null ? null : multiplexedFailure(link, handshake);
      if (only === null) tlsDetection.add(dialFailure(failure, handshake, security).subscribe(conclude));
      else conclude(only);
    });
    return () => {
      tlsDetection.unsubscribe();
      if (!isHandedOver) end();
    };
  });
}

/**
 * Whether trying again may help. A plugin that is not understood in the clear is asked whether it serves TLS, unless
 * the question would be the one connection that it takes.
 */
function dialFailure(failure: unknown, address: Handshake, { tls }: Security): Observable<DialEvent> {
  const refused: DialEvent = { type: 'channel.refused', error: connectError(failure, address) };
  if (isPluginError(failure)) return of({ type: 'channel.failed', error: failure });
  if (tls !== null || address.multiplexed) return of(refused);
  return detectTls(address).pipe(
    map((error): DialEvent => (error === null ? refused : { type: 'channel.failed', error })),
    catchError(() => of(refused)),
  );
}

function securityFor(process: RunningProcess, { certificate }: Handshake, settings: TlsSettings): Security {
  if (settings.mode === 'manual') return manualTls(settings.tls);
  if (certificate === null || process.identity === null) return plaintext();
  return pinnedMutualTls(process.identity, certificate);
}

function connectError(cause: unknown, { network, address }: Handshake): PluginError {
  return new PluginError({
    code: 'CONNECT_FAILED',
    phase: 'dial',
    message: `No connection to ${network}:${address}: ${messageOf(cause)}.`,
    hint: 'Let the plugin listen before it prints its line.',
    cause,
  });
}

/** It works all the same, and older plugins know no better. */
function socketOutsideWarning({ plugin, generation, handshake, process }: Input): PluginLogEntry {
  const message = `the plugin listens on ${handshake.address}, outside PLUGIN_UNIX_SOCKET_DIR (${process.socketDirectory}), where others may reach it`;
  return { plugin, generation, source: 'host', level: 'warn', message, fields: {} };
}

function certificateError(error: unknown): PluginError {
  return new PluginError({
    code: 'CERTIFICATE_INVALID',
    phase: 'dial',
    message: `A certificate cannot be used: ${messageOf(error)}.`,
    hint: "Check that the plugin's certificate has a key that OpenSSL can use, and those of the option tls likewise.",
    cause: error,
  });
}

function createGenerationChannel(
  grpc: Http2Channel,
  link: MultiplexedConnection | null,
  { handshake, process }: Pick<Input, 'handshake' | 'process'>,
  security: Security,
  now: () => number,
): GenerationChannel & { toJSON(): unknown } {
  const { network, multiplexed } = handshake;
  const address = `${network}:${handshake.address}`;
  const { transport } = security;
  const broker = createBrokerState();
  process.scope.add(() => {
    broker.close(processEndedError());
  });
  const session = link?.session() ?? null;
  const routes =
    session === null
      ? createAddressRoutes(broker, { ...process, network }, now)
      : createMultiplexedRoutes(broker, session, now);
  const calls = createCallCounter();
  const hooks = new ReplaySubject<HookNames>(1);
  process.scope.add(fetchHookNames(grpc).subscribe(hooks));
  const toJSON = () => ({ address, transport, multiplexed });
  const lost = connectionLoss(link);
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

function processEndedError(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'The process behind this broker has ended.',
    hint: 'Wait until the plugin is healthy again; ids are of one process only.',
  });
}
