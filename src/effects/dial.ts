import { connectivityState, type Channel } from '@grpc/grpc-js';
import { Observable, Subscription } from 'rxjs';
import type { ChannelHandle, DialFact } from '../machines/plugin.effects.js';
import { PluginError, messageOf, type Handshake, type PluginLogEntry } from '../model/index.js';
import { createBrokerDesk, type BrokerDesk } from './grpc/broker-desk.js';
import { createCallTally, type CallTally } from './grpc/call-tally.js';
import { openChannel } from './grpc/open-channel.js';
import type { TlsSettings } from './launch.js';
import type { LogSink } from './log-lines.js';
import type { RunningProcess } from './process.js';
import { examine } from './tls/examine.js';
import { inTheClear, manual, pinned, type Security } from './tls/security.js';

/** The connection to one generation as the other effects see it. */
export interface GenerationChannel extends ChannelHandle {
  readonly grpc: Channel;
  /** The embedder's calls; our own probes and hooks are not counted. */
  readonly calls: CallTally;
  readonly process: RunningProcess;
  readonly network: Handshake['network'];
  readonly security: Security;
  readonly broker: BrokerDesk;
}

interface Input {
  readonly plugin: string;
  readonly generation: number;
  readonly process: RunningProcess;
  readonly handshake: Handshake;
}

/**
 * Connects to the address of a handshake. Refused connections are tried again until the subscriber has had
 * enough, ones that fail for their TLS are not; the connection then lives until the process ends.
 */
export function dial(input: Input, tls: TlsSettings, now: () => number, log: LogSink): Observable<DialFact> {
  return new Observable((subscriber) => {
    const { handshake, process } = input;
    if (handshake.network === 'unix' && !process.claimSocket(handshake.address)) log(strayWarning(input));
    const fail = (error: PluginError): void => {
      subscriber.next({ type: 'channel.failed', error });
      subscriber.complete();
    };
    let security: Security;
    try {
      security = securityFor(process, handshake, tls);
    } catch (error) {
      fail(unusable(error));
      return;
    }
    const grpc = openChannel(handshake, security);
    process.scope.add(() => {
      grpc.close();
    });

    const examination = new Subscription();
    const watch = (): void => {
      if (subscriber.closed) return;
      const state = grpc.getConnectivityState(true);
      if (state === connectivityState.READY) {
        subscriber.next({ type: 'channel.ready', channel: describe(grpc, input, security, now) });
        subscriber.complete();
        return;
      }
      if (state === connectivityState.SHUTDOWN) return;
      if (state === connectivityState.TRANSIENT_FAILURE)
        examination.add(examine(handshake, security).subscribe(fail));
      grpc.watchConnectivityState(state, Infinity, watch);
    };
    watch();
    return examination;
  });
}

function securityFor(process: RunningProcess, { certificate }: Handshake, settings: TlsSettings): Security {
  if (settings.mode === 'manual') return manual(settings.tls);
  if (certificate === null || process.identity === null) return inTheClear();
  return pinned(process.identity, certificate);
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
  grpc: Channel,
  { handshake, process }: { readonly handshake: Handshake; readonly process: RunningProcess },
  security: Security,
  now: () => number,
): GenerationChannel & { toJSON(): unknown } {
  const { network } = handshake;
  const address = `${network}:${handshake.address}`;
  const { transport } = security;
  const broker = createBrokerDesk(now);
  process.scope.add(() => {
    broker.close(gone());
  });
  const calls = createCallTally();
  const toJSON = () => ({ address, transport });
  return { grpc, address, transport, calls, process, network, security, broker, toJSON };
}

function gone(): PluginError {
  return new PluginError({
    code: 'BROKER_REFUSED',
    phase: 'serving',
    message: 'The process behind this broker has ended.',
    hint: 'Wait until the plugin is healthy again; ids are of one process only.',
  });
}
