import type { Observable } from 'rxjs';
import type { HandshakeEvent, ShutdownEvent, StdioEvent } from '../../machines/effects.js';
import type { Handshake, ReattachConfig } from '../../model/index.js';
import type { awaitAnnouncement, dialBrokered } from '../broker/dial-brokered.js';
import type { BrokerChannel } from '../broker/routes.js';
import type { RunningProcess } from '../process/runner.js';
import type { SocketDirectory } from '../socket/socket-directory.js';
import type { Transport } from './transport.js';

/**
 * How a host and a process become plugin host and plugin: all that go-plugin defines, and nothing else. Another plugin
 * protocol is one more implementation of this interface, beside `go-plugin.ts`; `src/effects/index.ts` chooses one.
 * Health checks and the hooks are gRPC services of their own, in `src/effects/rpc`.
 */
export interface PluginProtocol {
  /** For messages, for example `go-plugin`. */
  readonly name: string;
  /** The variables of the protocol for a new process; `undefined`: the variable must not be set. */
  environment(offer: ProcessOffer): Readonly<Record<string, string | undefined>>;
  /** Waits until the process has announced how to reach it. */
  readHandshake(input: { readonly process: TransportProcess }): Observable<HandshakeEvent>;
  /** The handshake of a process that runs already. */
  reattachHandshake(config: ReattachConfig): Handshake;
  /** How to connect to a process after its handshake. Opens nothing yet. */
  createTransport(handshake: Handshake, process: TransportProcess): Transport;
  /** Asks the plugin to end itself. */
  shutdown(input: { readonly channel: Pick<BrokerChannel, 'grpc'> }): Observable<ShutdownEvent>;
  /** Forwards what the plugin prints while it serves to the logs and the sinks, for as long as it is subscribed. */
  forwardStdio(input: StdioInput): Observable<StdioEvent>;
  /** Runs the control stream of the broker, for as long as it is subscribed. */
  readonly runControlStream: (input: { readonly channel: BrokerChannel }) => Observable<never>;
  /** Waits until the plugin has announced where it serves an id of its broker. */
  readonly awaitAnnouncement: typeof awaitAnnouncement;
  /** Connects to what was announced. */
  readonly dialBrokered: typeof dialBrokered;
}

/** What is offered to one new process, beside what is the same for all. */
export interface ProcessOffer {
  readonly socketDirectory: string;
  /** The host's certificate; `undefined` without AutoMTLS. */
  readonly clientCertificatePem: string | undefined;
}

/** What a transport needs of a process. */
export interface TransportProcess extends RunningProcess {
  /** Where the sockets between the host and this process are. */
  readonly sockets: SocketDirectory;
}

/** Whose prints to forward, and from which connection. */
export interface StdioInput {
  readonly plugin: string;
  readonly generation: number;
  readonly channel: Pick<BrokerChannel, 'grpc'>;
}
