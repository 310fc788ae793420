import { catchError, map, merge, Observable, of, ReplaySubject, Subscription } from 'rxjs';
import type { DialEvent } from '../../machines/effects.js';
import {
  isPluginError,
  PluginError,
  messageOf,
  type Handshake,
  type PluginLogEntry,
} from '../../model/index.js';
import { createBrokerState } from '../broker/broker-state.js';
import { createCallCounter } from '../grpc/call-counter.js';
import type { Http2Channel } from '../http2/channel.js';
import { openChannel } from '../http2/open-channel.js';
import type { PluginProcess } from '../launch/plugin-process.js';
import type { LogSink } from '../logs/line-writer.js';
import type { PluginProtocol } from '../protocol/plugin-protocol.js';
import type { Transport } from '../protocol/transport.js';
import { fetchHookNames } from '../rpc/hooks.js';
import type { HookNames } from '../rpc/rpc-channel.js';
import {
  plaintext,
  manualTls,
  pinnedMutualTls,
  withoutClientCertificate,
  type Security,
  type TlsSettings,
} from '../tls/security.js';
import type { GenerationChannel } from './generation-channel.js';

interface Input {
  readonly plugin: string;
  readonly generation: number;
  readonly process: PluginProcess;
  readonly handshake: Handshake;
}

/** What every dial needs. */
export interface DialOptions {
  readonly protocol: Pick<PluginProtocol, 'createTransport'>;
  readonly tls: TlsSettings;
  readonly log: LogSink;
}

/**
 * Connects once to the address of a handshake. `channel.failed` says that another attempt is of no use, for example as
 * TLS failed; `channel.refused` that it may be, as some plugins print their line slightly before they listen. The
 * connection is closed when the process ends.
 */
export function dial(input: Input, { protocol, tls, log }: DialOptions): Observable<DialEvent> {
  return new Observable((subscriber) => {
    const { handshake, process } = input;
    // Once for each process: a dial may be repeated many times.
    if (process.sockets.reportOutside(handshake.address)) log(socketOutsideWarning(input));
    const conclude = (event: DialEvent): void => {
      subscriber.next(event);
      subscriber.complete();
    };
    let security: Security;
    try {
      security = securityFor(process, handshake, tls);
    } catch (error) {
      conclude({ type: 'channel.failed', error: certificateError(error) });
      return;
    }
    const transport = protocol.createTransport(handshake, process);
    const grpc = openChannel(addressOf(handshake), () => transport.open(), security);
    const close = (): void => {
      grpc.destroy();
      transport.close();
    };
    const failure = new Subscription();
    let isConnected = false;
    grpc.connect((error) => {
      if (subscriber.closed) return;
      if (error !== null) {
        failure.add(dialFailure(error, handshake, security, transport).subscribe(conclude));
        return;
      }
      failure.add(
        verification(handshake, security, tls, transport).subscribe(({ verifiesHost, refusal }) => {
          if (refusal !== null) {
            conclude(refusal);
            return;
          }
          isConnected = true;
          process.scope.add(close);
          conclude({
            type: 'channel.ready',
            channel: createGenerationChannel(grpc, transport, input, security, verifiesHost),
          });
        }),
      );
    });
    return () => {
      failure.unsubscribe();
      if (!isConnected) close();
    };
  });
}

interface Verification {
  readonly verifiesHost: boolean | null;
  /** Why the connection is not used. */
  readonly refusal: DialEvent | null;
}

/**
 * Tries a connection without the host's certificate, which a plugin that verifies its host refuses. A plugin that
 * multiplexes accepts no second connection, so nothing is known about it.
 */
function verification(
  handshake: Handshake,
  security: Security,
  settings: TlsSettings,
  transport: Transport,
): Observable<Verification> {
  const { certificate } = handshake;
  const isTried = 'verify' in settings && settings.verify && security.transport === 'mtls';
  if (!isTried || certificate === null || transport.multiplexed)
    return of({ verifiesHost: null, refusal: null });
  return new Observable<Verification>((subscriber) => {
    const anonymous = withoutClientCertificate(security, certificate);
    const grpc = openChannel(addressOf(handshake), () => transport.open(), anonymous);
    grpc.connect((error) => {
      subscriber.next(verificationOf(error, handshake, settings.mode === 'required'));
      subscriber.complete();
    });
    return () => {
      grpc.destroy();
    };
  });
}

function verificationOf(error: unknown, handshake: Handshake, isRequired: boolean): Verification {
  if (isPluginError(error)) return { verifiesHost: true, refusal: null };
  if (error !== null) {
    const refused: DialEvent = { type: 'channel.refused', error: connectError(error, handshake) };
    return { verifiesHost: null, refusal: refused };
  }
  const refusal: DialEvent = { type: 'channel.failed', error: notVerifiedError() };
  return { verifiesHost: false, refusal: isRequired ? refusal : null };
}

function notVerifiedError(): PluginError {
  return new PluginError({
    code: 'MTLS_UNSUPPORTED',
    phase: 'dial',
    message: 'The plugin serves with its certificate, but accepts a connection without that of the host.',
    hint: 'Let the plugin require and verify the certificate in PLUGIN_CLIENT_CERT (in grpcio: require_client_auth), or allow plugins that do not: --mtls auto.',
    facts: { tls: 'hostNotVerified' },
  });
}

/** Explains a failed dial. A plugin that failed in plaintext may serve TLS without having announced it. */
function dialFailure(
  error: unknown,
  handshake: Handshake,
  { tls }: Security,
  transport: Transport,
): Observable<DialEvent> {
  const known = transport.dialFailure();
  if (known !== null) return of(known);
  if (isPluginError(error)) return of({ type: 'channel.failed', error });
  const refused: DialEvent = { type: 'channel.refused', error: connectError(error, handshake) };
  if (tls !== null) return of(refused);
  return transport.detectTls().pipe(
    map((found): DialEvent => (found === null ? refused : { type: 'channel.failed', error: found })),
    catchError(() => of(refused)),
  );
}

function securityFor(process: PluginProcess, { certificate }: Handshake, settings: TlsSettings): Security {
  if (settings.mode === 'manual') return manualTls(settings.tls);
  if (certificate === null || process.identity === null) return plaintext();
  return pinnedMutualTls(process.identity, certificate);
}

function addressOf({ network, address }: Handshake): string {
  return `${network}:${address}`;
}

function connectError(cause: unknown, handshake: Handshake): PluginError {
  return new PluginError({
    code: 'CONNECT_FAILED',
    phase: 'dial',
    message: `No connection to ${addressOf(handshake)}: ${messageOf(cause)}.`,
    hint: 'Let the plugin listen before it prints its line.',
    cause,
  });
}

/** Only a warning: the connection works, and plugins of older go-plugin releases do not know the variable. */
function socketOutsideWarning({ plugin, generation, handshake, process }: Input): PluginLogEntry {
  const message = `the plugin listens on ${handshake.address}, outside PLUGIN_UNIX_SOCKET_DIR (${process.sockets.path}), where others may reach it`;
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
  transport: Transport,
  { handshake, process }: Pick<Input, 'handshake' | 'process'>,
  security: Security,
  verifiesHost: boolean | null,
): GenerationChannel & { toJSON(): unknown } {
  const address = addressOf(handshake);
  const broker = createBrokerState();
  process.scope.add(() => {
    broker.close(processEndedError());
  });
  const hooks = new ReplaySubject<HookNames>(1);
  process.scope.add(fetchHookNames(grpc).subscribe(hooks));
  const { multiplexed } = transport;
  const overLimit = new ReplaySubject<PluginError>(1);
  return {
    grpc,
    address,
    // What was proven: a plugin that takes every host has TLS of its own only.
    transport: verifiesHost === false ? 'tls' : security.transport,
    verifiesHost,
    multiplexed,
    calls: createCallCounter(),
    process,
    security,
    broker,
    routes: transport.createRoutes(broker),
    hooks,
    connect: () => process.connect(handshake),
    endForLimit(what) {
      overLimit.next(limitError(`The plugin sent ${what}.`));
      grpc.destroy();
      transport.close();
    },
    lost: merge(
      transport.lost,
      overLimit,
      grpc.overLimit.pipe(map((error) => limitError(messageOf(error), error))),
    ),
    toJSON: () => ({ address, transport: security.transport, multiplexed }),
  };
}

function limitError(message: string, cause?: unknown): PluginError {
  return new PluginError({
    code: 'LIMIT_EXCEEDED',
    phase: 'serving',
    message,
    hint: 'The host has ended the connection. The limits are listed in docs/security.md.',
    cause,
  });
}

function processEndedError(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'The process behind this broker has ended.',
    hint: 'Wait until the plugin is healthy again; ids are of one process only.',
  });
}
