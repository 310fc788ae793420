import type { Observable } from 'rxjs';
import type {
  Bundle,
  Handshake,
  HealthPolicy,
  HealthSource,
  PluginError,
  HostSample,
  ReattachConfig,
  Transport,
} from '../model/index.js';

/** A running process, as the machine sees it. */
export interface ProcessHandle {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The last 8 KiB of stderr so far. */
  stderrTail(): string;
  /** The last line of stderr so far, quoted for a message; `null`: there is none. */
  lastPrinted(): string | null;
}

/** The connection to one generation, as the machine sees it. */
export interface ChannelHandle {
  /** For example `unix:/run/…/plugin123` or `tcp:127.0.0.1:4711`. */
  readonly address: string;
  readonly transport: Transport;
  /** Whether the plugin refused a connection without the host's certificate; `null`, and the default: not tried. */
  readonly verifiesHost?: boolean | null;
  /** Whether one socket carries every connection. */
  readonly multiplexed: boolean;
}

/** The plugin and the generation that an effect works for. */
export interface GenerationId {
  readonly plugin: string;
  readonly generation: number;
}

/** The events of `process`. */
export type ProcessEvent =
  /** The program was found; it is started next. `bundle`: the one that is started. Default: that of the input. */
  | { readonly type: 'process.located'; readonly command: readonly string[]; readonly bundle?: Bundle }
  | { readonly type: 'process.started'; readonly process: ProcessHandle }
  /** A running process was reattached; its handshake comes from the reattach configuration. */
  | { readonly type: 'process.attached'; readonly process: ProcessHandle; readonly handshake: Handshake }
  | { readonly type: 'process.failed'; readonly at: number; readonly error: PluginError }
  | {
      readonly type: 'process.exited';
      readonly at: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** What the exit code, the signal and stderr point to; the hint of the error. */
      readonly diagnosis: string;
      /** Whether it exceeded its memory limit. */
      readonly outOfMemory?: boolean;
    };

/** The result of one `pollProcess`. */
export type PollEvent = { readonly type: 'process.alive' } | { readonly type: 'process.gone' };

/** The events of `handshake`. */
export type HandshakeEvent =
  /** A line that is no handshake line, before the handshake. At most a few are reported. */
  | { readonly type: 'handshake.noise'; readonly line: string }
  /** The output since the last line end. */
  | { readonly type: 'handshake.partialLine'; readonly text: string }
  | { readonly type: 'handshake.read'; readonly handshake: Handshake }
  | { readonly type: 'handshake.rejected'; readonly error: PluginError };

/** The events of `dial`. */
export type DialEvent =
  | { readonly type: 'channel.ready'; readonly channel: ChannelHandle }
  /** The address accepts no connections, or not yet. */
  | { readonly type: 'channel.refused'; readonly error: PluginError }
  | { readonly type: 'channel.failed'; readonly error: PluginError }
  | ConnectionEvent;

/** The connection has ended, and the plugin accepts no other one. Its process may be about to end, or keep running. */
export type ConnectionEvent = { readonly type: 'channel.lost'; readonly error: PluginError };

/** The result of one `probe` or `redial`. */
export type ProbeEvent =
  /** `source`: what the answer is about. Default `plugin`. */
  | { readonly type: 'probe.passed'; readonly ms: number; readonly source?: HealthSource }
  /** `grpcCode`: the status with which the health service answered, or with which the call ended. Default: none. */
  | { readonly type: 'probe.failed'; readonly error: PluginError; readonly grpcCode?: number };

/** The result of one `greet`. */
export type GreetEvent = { readonly type: 'greeting.received' } | { readonly type: 'greeting.failed' };

/** The events of `watch`. */
export type WatchEvent =
  /** The plugin reports SERVING. */
  | { readonly type: 'watch.serving' }
  /** The plugin reports another status. */
  | { readonly type: 'watch.notServing'; readonly error: PluginError }
  /** The plugin does not implement `Watch`. */
  | { readonly type: 'watch.unavailable' }
  /** The stream ended. */
  | { readonly type: 'watch.ended' };

/** The result of one hook call. */
export type HookEvent =
  /** `hooks` names what the plugin implements; `null`: it has no hooks at all. */
  | { readonly type: 'hook.returned'; readonly hooks: readonly string[] | null }
  | { readonly type: 'hook.failed'; readonly error: PluginError };

/** The events of `stdio`. */
export type StdioEvent = { readonly type: 'stdio.opened' } | { readonly type: 'stdio.unavailable' };

/** The result of `shutdown`. */
export type ShutdownEvent =
  /** `GRPCController.Shutdown` was called, with any result. */
  | { readonly type: 'shutdown.requested' }
  /** The plugin has no GRPCController. */
  | { readonly type: 'shutdown.unsupported' };

/** The result of `drain`. */
export type DrainEvent = { readonly type: 'drain.finished' };

/** The bundle whose program is started. */
export interface LaunchInput extends GenerationId {
  readonly bundle: Bundle;
}
/** The input of `process`. */
export interface ProcessInput extends LaunchInput {
  /** The running process to reattach; `null`: start one. */
  readonly reattach: ReattachConfig | null;
}
/** The input of effects on a running process. */
export interface HandshakeInput extends GenerationId {
  readonly process: ProcessHandle;
}
/** The input of `dial`. */
export interface DialInput extends GenerationId {
  readonly process: ProcessHandle;
  readonly handshake: Handshake;
}
/** The input of effects on a connection. */
export interface ChannelInput extends GenerationId {
  readonly channel: ChannelHandle;
}
/** The input of `probe` and `redial`. */
export interface ProbeInput extends ChannelInput {
  readonly policy: Pick<HealthPolicy, 'requireService'>;
}
/** The input of `signal`. */
export interface SignalInput extends GenerationId {
  readonly process: ProcessHandle;
  readonly signal: 'SIGTERM' | 'SIGKILL';
}

/**
 * Everything that the machines need from outside. Each effect is cold, emits events, never errors, has no timer, and
 * releases its resources when it is unsubscribed.
 *
 * They are methods, whose parameters TypeScript compares loosely: an implementation may require the richer handles that
 * its own `process` and `dial` return.
 */
export interface PluginEffects {
  /** Milliseconds since the epoch. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** The present load of the host and the messages received from the plugin. */
  sampleHost(input: ChannelInput): HostSample;
  /**
   * Starts the program of the bundle; unsubscribing kills the whole process group. Or reattaches a running process;
   * unsubscribing detaches it.
   */
  process(input: ProcessInput): Observable<ProcessEvent>;
  /** Reads once whether a reattached process still runs. */
  pollProcess(input: HandshakeInput): Observable<PollEvent>;
  /** Forwards what the process prints to the logs, for as long as it is subscribed. */
  logs(input: HandshakeInput): Observable<never>;
  /** Waits for the handshake line on stdout. */
  handshake(input: HandshakeInput): Observable<HandshakeEvent>;
  /** Connects to the announced address, once. */
  dial(input: DialInput): Observable<DialEvent>;
  /** Reports that the connection has ended for good, for as long as it is subscribed. */
  connection(input: ChannelInput): Observable<ConnectionEvent>;
  /** Calls the health service once. */
  probe(input: ProbeInput): Observable<ProbeEvent>;
  /** Calls the health service once, over a new connection that is closed afterwards. */
  redial(input: ProbeInput): Observable<ProbeEvent>;
  /** Opens a new connection, waits for the greeting of the plugin's HTTP/2 server, and closes it. */
  greet(input: ChannelInput): Observable<GreetEvent>;
  /** Calls `Health.Watch` and reports each change, for as long as it is subscribed. */
  watch(input: ChannelInput): Observable<WatchEvent>;
  /** Calls `OnActivate` where the plugin implements it. */
  onActivate(input: ChannelInput): Observable<HookEvent>;
  /** Calls `OnDeactivate`. */
  onDeactivate(input: ChannelInput): Observable<HookEvent>;
  /** Drains GRPCStdio into the logs, for as long as it is subscribed. */
  stdio(input: ChannelInput): Observable<StdioEvent>;
  /** Keeps the control stream of the plugin's broker open, for as long as it is subscribed. */
  broker(input: ChannelInput): Observable<never>;
  /** Waits for the embedder's calls in flight. */
  drain(input: ChannelInput): Observable<DrainEvent>;
  /** Calls `GRPCController.Shutdown`. */
  shutdown(input: ChannelInput): Observable<ShutdownEvent>;
  /** Signals the whole process group. */
  signal(input: SignalInput): Observable<never>;
}
