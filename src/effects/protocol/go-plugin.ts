import { protocolEnvironment, reattachHandshake } from '../../go-plugin/index.js';
import { runControlStream } from '../broker/control-stream.js';
import { awaitAnnouncement, dialBrokered } from '../broker/dial-brokered.js';
import type { LogSink } from '../logs/line-writer.js';
import type { Sinks } from '../logs/sinks.js';
import { createAddressTransport } from './address-transport.js';
import { createMultiplexedTransport } from './multiplexed-transport.js';
import type { PluginProtocol } from './plugin-protocol.js';
import type { ProtocolSettings } from './protocol-settings.js';
import { readHandshake } from './read-handshake.js';
import { shutdown } from './shutdown.js';
import { forwardStdio } from './stdio.js';

/** Where the output of plugins goes, and the clock. */
export interface ProtocolResources {
  readonly log: LogSink;
  readonly sinks: Sinks;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** HashiCorp's go-plugin over gRPC: handshake line, GRPCController, GRPCStdio and GRPCBroker. */
export function createGoPlugin(
  settings: ProtocolSettings,
  { log, sinks, now }: ProtocolResources,
): PluginProtocol {
  const { handshake, multiplex, socketGroup, ports } = settings;
  return {
    name: 'go-plugin',
    environment: (offer) =>
      protocolEnvironment({
        handshake,
        ...offer,
        ...ports,
        unixSocketGroup: socketGroup,
        multiplexing: multiplex !== 'off',
      }),
    readHandshake: (input) => readHandshake(input, settings, now),
    reattachHandshake,
    createTransport: (announced, process) =>
      announced.multiplexed
        ? createMultiplexedTransport(announced, process, now)
        : createAddressTransport(announced, process, now),
    shutdown,
    forwardStdio: (input) => forwardStdio(input, log, sinks, now),
    runControlStream,
    awaitAnnouncement,
    dialBrokered,
  };
}
