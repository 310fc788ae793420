import type { Observable } from 'rxjs';
import type {
  Bundle,
  Handshake,
  PluginError,
  HostSample,
  ReattachConfig,
  Transport,
} from '../model/index.js';

/** A running process, as far as the machine has to know it. */
export interface ProcessHandle {
  readonly pid: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** The last 8 KiB of stderr so far. */
  stderrTail(): string;
}

/** The connection to one generation, as far as the machine has to know it. */
export interface ChannelHandle {
  /** For example `unix:/run/…/plugin123` or `tcp:127.0.0.1:4711`. */
  readonly address: string;
  readonly transport: Transport;
  /** Whether one socket carries every connection. */
  readonly multiplexed: boolean;
}

/** Which generation of which plugin an effect works for. */
export interface GenerationId {
  readonly plugin: string;
  readonly generation: number;
}

export type ProcessEvent =
  /** The program was found; it is started next. */
  | { readonly type: 'process.located'; readonly command: readonly string[] }
  | { readonly type: 'process.started'; readonly process: ProcessHandle }
  /** A process that runs already was found; its handshake was long ago. */
  | { readonly type: 'process.attached'; readonly process: ProcessHandle; readonly handshake: Handshake }
  | { readonly type: 'process.failed'; readonly at: number; readonly error: PluginError }
  | {
      readonly type: 'process.exited';
      readonly at: number;
      readonly code: number | null;
      readonly signal: string | null;
      /** What the exit code, the signal and stderr point to: the next step for whoever reads the error. */
      readonly diagnosis: string;
      /** Whether it had no memory left under its limit. */
      readonly outOfMemory?: boolean;
    };

export type PollEvent = { readonly type: 'process.alive' } | { readonly type: 'process.gone' };

export type HandshakeEvent =
  /** A line before the handshake that is none. At most a few are reported. */
  | { readonly type: 'handshake.noise'; readonly line: string }
  /** What has been printed since the last line end. */
  | { readonly type: 'handshake.partialLine'; readonly text: string }
  | { readonly type: 'handshake.read'; readonly handshake: Handshake }
  | { readonly type: 'handshake.rejected'; readonly error: PluginError };

export type DialEvent =
  | { readonly type: 'channel.ready'; readonly channel: ChannelHandle }
  /** Nobody takes connections there, or not yet. */
  | { readonly type: 'channel.refused'; readonly error: PluginError }
  | { readonly type: 'channel.failed'; readonly error: PluginError }
  | ConnectionEvent;

/** The connection has ended, and the plugin takes no other. Its process may be about to end, or live on. */
export type ConnectionEvent = { readonly type: 'channel.lost'; readonly error: PluginError };

export type ProbeEvent =
  | { readonly type: 'probe.passed'; readonly ms: number }
  | { readonly type: 'probe.failed'; readonly error: PluginError };

export type WatchEvent =
  /** It says SERVING: at the beginning, or again. */
  | { readonly type: 'watch.serving' }
  /** It says something else. */
  | { readonly type: 'watch.notServing'; readonly error: PluginError }
  /** The plugin does not offer to be watched. */
  | { readonly type: 'watch.unavailable' }
  /** The stream ended. */
  | { readonly type: 'watch.ended' };

export type HookEvent =
  /** `hooks` names what the plugin implements; `null`: it has no hooks at all. */
  | { readonly type: 'hook.returned'; readonly hooks: readonly string[] | null }
  | { readonly type: 'hook.failed'; readonly error: PluginError };

export type StdioEvent = { readonly type: 'stdio.opened' } | { readonly type: 'stdio.unavailable' };

export type ShutdownEvent =
  /** The plugin has been asked, whatever it said. */
  | { readonly type: 'shutdown.requested' }
  /** The plugin has no GRPCController. */
  | { readonly type: 'shutdown.unsupported' };

export type DrainEvent = { readonly type: 'drain.finished' };

export interface LaunchInput extends GenerationId {
  readonly bundle: Bundle;
}
export interface ProcessInput extends LaunchInput {
  /** The process to attach to, in the place of starting one. */
  readonly reattach: ReattachConfig | null;
}
export interface HandshakeInput extends GenerationId {
  readonly process: ProcessHandle;
}
export interface DialInput extends GenerationId {
  readonly process: ProcessHandle;
  readonly handshake: Handshake;
}
export interface ChannelInput extends GenerationId {
  readonly channel: ChannelHandle;
}
export interface SignalInput extends GenerationId {
  readonly process: ProcessHandle;
  readonly signal: 'SIGTERM' | 'SIGKILL';
}

/**
 * Everything that the plugin machine asks of the world. Each effect is cold, emits facts, never errors, holds no
 * timer, and releases what it holds when it is unsubscribed.
 *
 * They are methods, not properties, on purpose: an implementation may ask for the richer handles that its own
 * `process` and `dial` hand out, as one object always implements all of them.
 */
export interface PluginEffects {
  /** Milliseconds since the epoch. */
  now(): number;
  /** In [0, 1). */
  random(): number;
  /** What can be read of the host and of the calls to the plugin right now. */
  sampleHost(input: ChannelInput): HostSample;
  /**
   * Starts the bundle's program. Unsubscribing is the last resort: the whole process group is killed. Or attaches to
   * a process that runs already; of that, unsubscribing lets go.
   */
  process(input: ProcessInput): Observable<ProcessEvent>;
  /** Looks once whether an attached process still runs: its end is not told by itself. */
  pollProcess(input: HandshakeInput): Observable<PollEvent>;
  /** Forwards what the process prints to the logs, for as long as it is subscribed. */
  logs(input: HandshakeInput): Observable<never>;
  /** Waits for the handshake line on stdout. */
  handshake(input: HandshakeInput): Observable<HandshakeEvent>;
  /** Connects to the announced address, once. */
  dial(input: DialInput): Observable<DialEvent>;
  /** Tells when the connection has ended for good, for as long as it is subscribed. */
  connection(input: ChannelInput): Observable<ConnectionEvent>;
  /** Asks the health service once. */
  probe(input: ChannelInput): Observable<ProbeEvent>;
  /** Asks the health service once, over a connection of its own that is closed again. */
  redial(input: ChannelInput): Observable<ProbeEvent>;
  /** Has the health service tell each change, for as long as it is subscribed. */
  watch(input: ChannelInput): Observable<WatchEvent>;
  /** Calls `OnActivate` where the plugin implements it. */
  onActivate(input: ChannelInput): Observable<HookEvent>;
  /** Calls `OnDeactivate`. */
  onDeactivate(input: ChannelInput): Observable<HookEvent>;
  /** Drains GRPCStdio into the logs, for as long as it is subscribed. */
  stdio(input: ChannelInput): Observable<StdioEvent>;
  /** Keeps the control stream of the plugin's broker, for as long as it is subscribed. */
  broker(input: ChannelInput): Observable<never>;
  /** Waits for the embedder's calls in flight. */
  drain(input: ChannelInput): Observable<DrainEvent>;
  /** Asks the plugin to end itself. */
  shutdown(input: ChannelInput): Observable<ShutdownEvent>;
  /** Signals the whole process group. */
  signal(input: SignalInput): Observable<never>;
}
