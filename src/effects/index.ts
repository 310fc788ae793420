import type { BrokerDialEffects } from '../machines/broker/effects.js';
import type { PluginEffects, SignalInput } from '../machines/effects.js';
import { attachProcess, type AttachedProcess } from './process/attach-process.js';
import { awaitAnnouncement, dialBrokered } from './broker/dial-brokered.js';
import { runControlStream } from './broker/control-stream.js';
import { dial, type GenerationChannel } from './connection/dial.js';
import { drain } from './connection/drain.js';
import type { Guard } from './orphans/index.js';
import { readHandshake } from './protocol/read-handshake.js';
import { onActivate, onDeactivate } from './rpc/hooks.js';
import { watchConnection } from './connection/connection-loss.js';
import { prepareLaunch, type LaunchSettings } from './launch/prepare-launch.js';
import type { LogSink } from './logs/line-writer.js';
import { forwardLogs } from './logs/forward-logs.js';
import { pollProcess } from './process/poll.js';
import { probe } from './rpc/probe.js';
import { sampleHost } from './connection/host-sample.js';
import { redial } from './rpc/redial.js';
import { startProcess, type RunningProcess } from './process/local-process.js';
import { shutdown } from './protocol/shutdown.js';
import { signal } from './process/signal.js';
import type { Sinks } from './logs/sinks.js';
import type { SocketDirectories } from './socket/socket-directory.js';
import { forwardStdio } from './protocol/stdio.js';
import { createIdentities } from './tls/identity.js';
import { watchHealth } from './rpc/watch-health.js';

export * from './bundle/index.js';
export * from './checksum/index.js';
export { createPluginClient } from './grpc/fast-client.js';
export * from './grpc/plugin-channel.js';
export * from './orphans/index.js';
export * from './state/index.js';
export {
  createSocketDirectories,
  type SocketAccess,
  type SocketDirectories,
} from './socket/socket-directory.js';
export { createSinks, type Sink, type SinkOptions } from './logs/sinks.js';
export { groupId } from './socket/group-id.js';
export { identifyProcess, isSameProcessRunning } from './process/process-identity.js';
export { signalSameProcess } from './process/signal-same-process.js';
export { signalGroup } from './process/signal-group.js';
export { serveBrokered, type BrokeredServer } from './broker/serve-brokered.js';
export { createCallCounter, type CallCounter } from './grpc/call-counter.js';
export { createConnectivityWatchers } from './grpc/connectivity-watchers.js';
export type { AtDeadline } from './grpc/deadline.js';
export type { GenerationChannel } from './connection/dial.js';
export type { LaunchSettings, TlsSettings } from './launch/prepare-launch.js';
export type { ManualTls } from './tls/security.js';
export type { RunningProcess } from './process/local-process.js';

type OfProcess = { readonly plugin: string; readonly generation: number; readonly process: RunningProcess };
type OfChannel = {
  readonly plugin: string;
  readonly generation: number;
  readonly channel: GenerationChannel;
};

/** The real world, as the plugin machine asks for it. */
export function createPluginEffects(
  settings: LaunchSettings,
  sockets: SocketDirectories,
  log: LogSink,
  sinks: Sinks,
  guard: Guard,
  inheritedDirectory: (pid: number) => string | null = () => null,
): PluginEffects & BrokerDialEffects {
  // Milliseconds since the epoch that never jump while this process runs, whatever happens to the wall clock.
  const now = (): number => Math.round(performance.timeOrigin + performance.now());
  const { tls } = settings;
  const identities = 'curve' in tls ? createIdentities(tls.curve, now) : null;
  const resources = { sockets, identities, guard, log };
  return {
    now,
    random: Math.random,
    sampleHost: (input: OfChannel) => sampleHost(input),
    process: ({ reattach, ...input }) =>
      reattach === null
        ? startProcess(input, (wanted) => prepareLaunch(wanted, settings, resources), now)
        : attachProcess(reattach, sockets, now, inheritedDirectory(reattach.pid)),
    pollProcess: (input: OfProcess & { readonly process: AttachedProcess }) => pollProcess(input),
    logs: (input: OfProcess) => forwardLogs(input, log, sinks, now),
    handshake: (input: OfProcess) => readHandshake(input, settings, now),
    dial: (input: Parameters<typeof dial>[0]) => dial(input, tls, now, log),
    connection: (input: OfChannel) => watchConnection(input),
    probe: (input: OfChannel) => probe(input),
    redial: (input: OfChannel) => redial(input),
    watch: (input: OfChannel) => watchHealth(input),
    onActivate: (input: OfChannel) => onActivate(input),
    onDeactivate: (input: OfChannel) => onDeactivate(input),
    stdio: (input: OfChannel) => forwardStdio(input, log, sinks, now),
    broker: (input: OfChannel) => runControlStream(input),
    drain: (input: OfChannel) => drain(input),
    shutdown: (input: OfChannel) => shutdown(input),
    signal: (input: OfProcess & Pick<SignalInput, 'signal'>) => signal(input),
    announcement: (input: OfChannel & Parameters<typeof awaitAnnouncement>[0]) => awaitAnnouncement(input),
    brokered: (input: OfChannel & Parameters<typeof dialBrokered>[0]) => dialBrokered(input),
  };
}
