import { map, of, EMPTY, defer, tap } from 'rxjs';
import type { BrokerDialEffects } from '../machines/broker/machine.js';
import type {
  ConnectionEvent,
  DrainEvent,
  LaunchInput,
  PluginEffects,
  ProbeInput,
  SignalInput,
} from '../machines/effects.js';
import { dial } from './connection/dial.js';
import type { GenerationChannel } from './connection/generation-channel.js';
import { sampleHost } from './connection/host-sample.js';
import type { PluginProcess } from './launch/plugin-process.js';
import { prepareLaunch, type LaunchSettings } from './launch/prepare-launch.js';
import { pollProcess, reattachPlugin } from './launch/reattach-plugin.js';
import { runPlugin } from './launch/run-plugin.js';
import { forwardLogs } from './logs/forward-logs.js';
import type { LogSink } from './logs/line-writer.js';
import type { Sinks } from './logs/sinks.js';
import type { Guard } from './orphans/index.js';
import { createLocalRunner } from './process/local-runner.js';
import { createGoPlugin } from './protocol/go-plugin.js';
import { greet, probe, redial, watchHealth } from './rpc/health.js';
import { onActivate, onDeactivate } from './rpc/hooks.js';
import type { SocketDirectories } from './socket/socket-directory.js';
import { createIdentities } from './tls/identity.js';

// In the order of the folders, of which each imports only those before it.
export {
  createSocketDirectories,
  type SocketAccess,
  type SocketDirectories,
} from './socket/socket-directory.js';
export { groupId } from './socket/group-id.js';
export { createSinks, type Sink, type SinkOptions } from './logs/sinks.js';
export { identifyProcess, isSameProcessRunning } from './process/process-identity.js';
export { signalSameProcess } from './process/signal-same-process.js';
export { signalGroup } from './process/signal-group.js';
export * from './orphans/index.js';
export * from './bundle/index.js';
export {
  prepareBundle,
  type PrepareOptions,
  type PrepareOutcome,
  type PrepareProgress,
} from './venv/prepare-bundle.js';
export * from './checksum/index.js';
export * from './state/index.js';
export type { ManualTls, TlsSettings } from './tls/security.js';
export { createPluginClient } from './grpc/fast-client.js';
export * from './grpc/plugin-channel.js';
export { createCallCounter, type CallCounter } from './grpc/call-counter.js';
export { createConnectivityWatchers } from './grpc/connectivity-watchers.js';
export type { AtDeadline } from './grpc/deadline.js';
export { serveBrokered, type BrokeredServer } from './broker/serve-brokered.js';
export type { PluginProcess } from './launch/plugin-process.js';
export type { LaunchSettings } from './launch/prepare-launch.js';
export type { GenerationChannel } from './connection/generation-channel.js';

type OfProcess = { readonly plugin: string; readonly generation: number; readonly process: PluginProcess };
type OfProbe = OfChannel & Pick<ProbeInput, 'policy'>;
type OfChannel = {
  readonly plugin: string;
  readonly generation: number;
  readonly channel: GenerationChannel;
};

/**
 * The effects of the plugin machine in production. This is where the runner and the plugin protocol are chosen: see
 * `process/runner.ts` and `protocol/plugin-protocol.ts` for what another one has to implement.
 */
export function createPluginEffects(
  settings: LaunchSettings,
  sockets: SocketDirectories,
  log: LogSink,
  sinks: Sinks,
  guard: Guard,
  inheritedDirectory: (pid: number) => string | null = () => null,
): PluginEffects & BrokerDialEffects {
  const runner = createLocalRunner(settings.hostEnv, now);
  const protocol = createGoPlugin(settings, { log, sinks, now });
  const { tls } = settings;
  const identities = 'curve' in tls ? createIdentities(tls.curve, now) : null;
  const resources = { protocol, sockets, identities, guard };
  const running = {
    runner,
    prepare: (input: LaunchInput) => prepareLaunch(input, settings, resources),
    log,
    now,
  };
  const reattaching = { runner, protocol, sockets, inheritedDirectory, now };
  return {
    now,
    random: Math.random,
    sampleHost: ({ channel }: OfChannel) => sampleHost(channel),
    process: ({ reattach, ...input }) =>
      reattach === null ? runPlugin(input, running) : reattachPlugin(reattach, reattaching),
    pollProcess: ({ process }: OfProcess) => of(pollProcess(process)),
    logs: (input: OfProcess) => forwardLogs(input, log, sinks, now),
    handshake: (input: OfProcess) => protocol.readHandshake(input),
    dial: (input: Parameters<typeof dial>[0]) => dial(input, { protocol, tls, log }),
    connection: ({ channel }: OfChannel) =>
      channel.lost.pipe(map((error): ConnectionEvent => ({ type: 'channel.lost', error }))),
    probe: (input: OfProbe) => probe(input),
    redial: (input: OfProbe) => redial(input),
    greet: (input: OfChannel) => greet(input),
    watch: (input: OfChannel) => watchHealth(input),
    onActivate: (input: OfChannel) =>
      onActivate(input).pipe(
        // The last step of a start: from its success on the plugin serves.
        tap(({ type }) => {
          if (type === 'hook.returned') input.channel.process.noteServing();
        }),
      ),
    onDeactivate: (input: OfChannel) => onDeactivate(input),
    stdio: (input: OfChannel) => protocol.forwardStdio(input),
    broker: (input: OfChannel) => protocol.runControlStream(input),
    drain: ({ channel }: OfChannel) =>
      channel.calls.whenIdle().pipe(map((): DrainEvent => ({ type: 'drain.finished' }))),
    shutdown: (input: OfChannel) => protocol.shutdown(input),
    signal: ({ process, signal }: OfProcess & Pick<SignalInput, 'signal'>) =>
      defer(() => {
        process.signal(signal);
        return EMPTY;
      }),
    announcement: (input: OfChannel & Parameters<typeof protocol.awaitAnnouncement>[0]) =>
      protocol.awaitAnnouncement(input),
    brokered: (input: OfChannel & Parameters<typeof protocol.dialBrokered>[0]) =>
      protocol.dialBrokered(input),
  };
}

/** Milliseconds since the epoch by a clock that never jumps while this process runs, unlike the wall clock. */
function now(): number {
  return Math.round(performance.timeOrigin + performance.now());
}
