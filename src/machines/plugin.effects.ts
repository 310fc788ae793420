import type { Observable } from 'rxjs';
import type { Bundle, Handshake, PluginError, Reading, ReattachConfig, Transport } from '../model/index.js';

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
export interface Subject {
  readonly plugin: string;
  readonly generation: number;
}

export type ProcessFact =
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

export type LookFact = { readonly type: 'process.seen' } | { readonly type: 'process.vanished' };

export type HandshakeFact =
  /** A line before the handshake that is none. At most a few are reported. */
  | { readonly type: 'handshake.noise'; readonly line: string }
  /** What has been printed since the last line end. */
  | { readonly type: 'handshake.pending'; readonly text: string }
  | { readonly type: 'handshake.read'; readonly handshake: Handshake }
  | { readonly type: 'handshake.rejected'; readonly error: PluginError };

export type DialFact =
  | { readonly type: 'channel.ready'; readonly channel: ChannelHandle }
  /** Nobody takes connections there, or not yet. */
  | { readonly type: 'channel.refused'; readonly error: PluginError }
  | { readonly type: 'channel.failed'; readonly error: PluginError }
  | ConnectionFact;

/** The connection has ended, and the plugin takes no other. Its process may be about to end, or live on. */
export type ConnectionFact = { readonly type: 'channel.lost'; readonly error: PluginError };

export type ProbeFact =
  | { readonly type: 'probe.passed'; readonly ms: number }
  | { readonly type: 'probe.failed'; readonly error: PluginError };

export type WatchFact =
  /** It says SERVING: at the beginning, or again. */
  | { readonly type: 'watch.affirmed' }
  /** It says something else. */
  | { readonly type: 'watch.denied'; readonly error: PluginError }
  /** The plugin does not offer to be watched. */
  | { readonly type: 'watch.unavailable' }
  /** The stream ended. */
  | { readonly type: 'watch.broke' };

export type HookFact =
  /** `hooks` names what the plugin implements; `null`: it has no hooks at all. */
  | { readonly type: 'hook.returned'; readonly hooks: readonly string[] | null }
  | { readonly type: 'hook.failed'; readonly error: PluginError };

export type StdioFact = { readonly type: 'stdio.opened' } | { readonly type: 'stdio.unavailable' };

export type ShutdownFact =
  /** The plugin has been asked, whatever it said. */
  | { readonly type: 'shutdown.requested' }
  /** The plugin has no GRPCController. */
  | { readonly type: 'shutdown.unsupported' };

export type DrainFact = { readonly type: 'drain.finished' };

export interface LaunchInput extends Subject {
  readonly bundle: Bundle;
}
export interface ProcessInput extends LaunchInput {
  /** The process to attach to, in the place of starting one. */
  readonly reattach: ReattachConfig | null;
}
export interface HandshakeInput extends Subject {
  readonly process: ProcessHandle;
}
export interface DialInput extends Subject {
  readonly process: ProcessHandle;
  readonly handshake: Handshake;
}
export interface ChannelInput extends Subject {
  readonly channel: ChannelHandle;
}
export interface SignalInput extends Subject {
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
  reading(input: ChannelInput): Reading;
  /**
   * Starts the bundle's program. Unsubscribing is the last resort: the whole process group is killed. Or attaches to
   * a process that runs already; of that, unsubscribing lets go.
   */
  process(input: ProcessInput): Observable<ProcessFact>;
  /** Looks once whether an attached process still runs: its end is not told by itself. */
  look(input: HandshakeInput): Observable<LookFact>;
  /** Forwards what the process prints to the logs, for as long as it is subscribed. */
  logs(input: HandshakeInput): Observable<never>;
  /** Waits for the handshake line on stdout. */
  handshake(input: HandshakeInput): Observable<HandshakeFact>;
  /** Connects to the announced address, once. */
  dial(input: DialInput): Observable<DialFact>;
  /** Tells when the connection has ended for good, for as long as it is subscribed. */
  connection(input: ChannelInput): Observable<ConnectionFact>;
  /** Asks the health service once. */
  probe(input: ChannelInput): Observable<ProbeFact>;
  /** Asks the health service once, over a connection of its own that is closed again. */
  redial(input: ChannelInput): Observable<ProbeFact>;
  /** Has the health service tell each change, for as long as it is subscribed. */
  watch(input: ChannelInput): Observable<WatchFact>;
  /** Calls `OnActivate` where the plugin implements it. */
  onActivate(input: ChannelInput): Observable<HookFact>;
  /** Calls `OnDeactivate`. */
  onDeactivate(input: ChannelInput): Observable<HookFact>;
  /** Drains GRPCStdio into the logs, for as long as it is subscribed. */
  stdio(input: ChannelInput): Observable<StdioFact>;
  /** Keeps the control stream of the plugin's broker, for as long as it is subscribed. */
  broker(input: ChannelInput): Observable<never>;
  /** Waits for the embedder's calls in flight. */
  drain(input: ChannelInput): Observable<DrainFact>;
  /** Asks the plugin to end itself. */
  shutdown(input: ChannelInput): Observable<ShutdownFact>;
  /** Signals the whole process group. */
  signal(input: SignalInput): Observable<never>;
}
