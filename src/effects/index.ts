import type { BrokerDialEffects } from '../machines/broker-dial.effects.js';
import type { PluginEffects, SignalInput } from '../machines/plugin.effects.js';
import { attachProcess, type AttachedProcess } from './attach.js';
import { awaitAnnouncement, dialBrokered } from './broker/dial.js';
import { keepBroker } from './broker/keep.js';
import { dial, type GenerationChannel } from './dial.js';
import { drain } from './drain.js';
import type { Guard } from './guardian/index.js';
import { readHandshake } from './handshake.js';
import { onActivate, onDeactivate } from './hooks.js';
import { watchConnection } from './only-connection.js';
import { prepareLaunch, type LaunchSettings } from './launch.js';
import type { LogSink } from './log-lines.js';
import { forwardLogs } from './logs.js';
import { look } from './look.js';
import { probe } from './probe.js';
import { readHost } from './reading.js';
import { redial } from './redial.js';
import { runProcess, type RunningProcess } from './process.js';
import { shutdown } from './shutdown.js';
import { signal } from './signal.js';
import type { Sinks } from './sinks.js';
import type { SocketDirectories } from './socket-directory.js';
import { drainStdio } from './stdio.js';
import { createIdentities } from './tls/identity.js';
import { watchHealth } from './watch-health.js';

export * from './bundle/index.js';
export * from './checksum/index.js';
export * from './grpc/stable-channel.js';
export * from './guardian/index.js';
export * from './state/index.js';
export { createSocketDirectories, type SocketAccess, type SocketDirectories } from './socket-directory.js';
export { createSinks, type Sink, type SinkOptions } from './sinks.js';
export { groupId } from './socket-group.js';
export { identifyProcess, stillRuns } from './process-identity.js';
export { signalAttached } from './signal-attached.js';
export { signalGroup } from './signal-group.js';
export { serveBrokered, type BrokeredServer } from './broker/serve.js';
export { createCallTally, type CallTally } from './grpc/call-tally.js';
export { createWatchers } from './http2/watchers.js';
export type { AtDeadline } from './http2/deadline.js';
export type { GenerationChannel } from './dial.js';
export type { LaunchSettings, TlsSettings } from './launch.js';
export type { ManualTls } from './tls/security.js';
export type { RunningProcess } from './process.js';

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
  keptDirectory: (pid: number) => string | null = () => null,
): PluginEffects & BrokerDialEffects {
  // Milliseconds since the epoch that never jump while this process runs, whatever happens to the wall clock.
  const now = (): number => Math.round(performance.timeOrigin + performance.now());
  const { tls } = settings;
  const identities = 'curve' in tls ? createIdentities(tls.curve, now) : null;
  const means = { sockets, identities, guard, log };
  return {
    now,
    random: Math.random,
    reading: (input: OfChannel) => readHost(input),
    process: ({ reattach, ...input }) =>
      reattach === null
        ? runProcess(input, (wanted) => prepareLaunch(wanted, settings, means), now)
        : attachProcess(reattach, sockets, now, keptDirectory(reattach.pid)),
    look: (input: OfProcess & { readonly process: AttachedProcess }) => look(input),
    logs: (input: OfProcess) => forwardLogs(input, log, sinks, now),
    handshake: (input: OfProcess) => readHandshake(input, settings, now),
    dial: (input: Parameters<typeof dial>[0]) => dial(input, tls, now, log),
    connection: (input: OfChannel) => watchConnection(input),
    probe: (input: OfChannel) => probe(input),
    redial: (input: OfChannel) => redial(input),
    watch: (input: OfChannel) => watchHealth(input),
    onActivate: (input: OfChannel) => onActivate(input),
    onDeactivate: (input: OfChannel) => onDeactivate(input),
    stdio: (input: OfChannel) => drainStdio(input, log, sinks, now),
    broker: (input: OfChannel) => keepBroker(input),
    drain: (input: OfChannel) => drain(input),
    shutdown: (input: OfChannel) => shutdown(input),
    signal: (input: OfProcess & Pick<SignalInput, 'signal'>) => signal(input),
    announcement: (input: OfChannel & Parameters<typeof awaitAnnouncement>[0]) => awaitAnnouncement(input),
    brokered: (input: OfChannel & Parameters<typeof dialBrokered>[0]) => dialBrokered(input),
  };
}
