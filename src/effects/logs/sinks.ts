import type { Writable } from 'node:stream';
import { messageOf, type PluginLogEntry } from '../../model/index.js';
import { outputLimits } from '../../model/limits.js';
import type { LogSink } from './line-writer.js';

/** Where bytes go: one stream for all plugins, or a function that returns one for each plugin, or none. */
export type Sink = Writable | ((plugin: string) => Writable | undefined);

/** Streams for the raw output of plugins, beside the log entries that are made of it. */
export interface SinkOptions {
  /** GRPCStdio's stdout: what a plugin made with the Python helper or in Go prints while it serves. */
  readonly stdout?: Sink | undefined;
  /** GRPCStdio's stderr. */
  readonly stderr?: Sink | undefined;
  /** The process's own stderr. */
  readonly rawStderr?: Sink | undefined;
}

/** Which output of a plugin. */
export type SinkName = keyof SinkOptions;

/** The open sinks of one environment. */
export interface Sinks {
  /** Writes to the sink, if there is one. Never throws: a failing sink is reported to the log. */
  write(name: SinkName, from: SinkSource, bytes: Uint8Array): void;
  /** Removes the listeners from the streams. Does not end them, as they belong to the embedder. */
  close(): void;
}

interface SinkSource {
  readonly plugin: string;
  readonly generation: number;
}

const sources: Readonly<Record<SinkName, PluginLogEntry['source']>> = {
  stdout: 'stdio-stdout',
  stderr: 'stdio-stderr',
  rawStderr: 'stderr',
};

/**
 * Opens each sink with its first bytes. A sink that fails is reported once and gets no more bytes; a function is called
 * again for the next process of the plugin, as a full disk may have room by then.
 */
export function createSinks(options: SinkOptions, log: LogSink): Sinks {
  const outlets = new Map<Writable, Outlet>();
  const choices = new Map<string, Choice>();

  const open = (name: SinkName, from: SinkSource): Outlet => {
    const sink = options[name];
    const warn = (printer: SinkSource, what: string): void => {
      const message = `the sink ${name} ${what}`;
      log({ ...printer, source: sources[name], level: 'warn', message, fields: {} });
    };
    try {
      const stream = typeof sink === 'function' ? sink(from.plugin) : sink;
      if (stream === undefined) return noOutlet;
      const outlet = outlets.get(stream) ?? createOutlet(stream, warn);
      outlets.set(stream, outlet);
      return outlet;
    } catch (thrown) {
      warn(from, `failed: ${messageOf(thrown)}`);
      return failedOutlet;
    }
  };
  /** Forgets the failed stream, as each process of a plugin may leave one. */
  const reopen = (name: SinkName, from: SinkSource, failed: Outlet): Outlet => {
    const outlet = open(name, from);
    for (const [stream, other] of outlets) if (other === failed && outlet !== failed) outlets.delete(stream);
    return outlet;
  };

  return {
    write(name, { plugin, generation }, bytes) {
      if (options[name] === undefined) return;
      const from = { plugin, generation };
      const key = `${name} ${plugin}`;
      const known = choices.get(key);
      const isDue = known !== undefined && generation > known.generation && known.outlet.hasFailed();
      const outlet = isDue ? reopen(name, from, known.outlet) : (known?.outlet ?? open(name, from));
      choices.set(key, { outlet, generation });
      outlet.write(from, bytes);
    },
    close() {
      for (const outlet of outlets.values()) outlet.close();
    },
  };
}

interface Outlet {
  write(from: SinkSource, bytes: Uint8Array): void;
  hasFailed(): boolean;
  close(): void;
}

/** The outlet of a plugin, and the generation that wrote to it last. */
interface Choice {
  readonly outlet: Outlet;
  readonly generation: number;
}

/** For a plugin without a stream. */
const noOutlet: Outlet = { write: () => undefined, hasFailed: () => false, close: () => undefined };

/** For a plugin whose stream could not be opened. */
const failedOutlet: Outlet = { ...noOutlet, hasFailed: () => true };

function createOutlet(stream: Writable, warn: (printer: SinkSource, what: string) => void): Outlet {
  let last: SinkSource | null = null;
  let failed = false;
  let dropped = 0;
  const fail = (error: unknown): void => {
    if (failed) return;
    failed = true;
    if (last !== null) warn(last, `failed: ${messageOf(error)}`);
  };
  stream.on('error', fail);
  return {
    write(from, bytes) {
      last = from;
      // A destroyed stream discards writes without an event, or before it emits its error.
      if (stream.destroyed) fail(stream.errored ?? 'it is closed');
      if (failed) return;
      if (stream.writableLength + bytes.length > outputLimits.sinkBuffer) {
        if (dropped === 0) warn(from, 'is too slow: bytes are dropped until it has caught up');
        dropped += bytes.length;
        return;
      }
      if (dropped > 0) warn(from, `has caught up; ${dropped} bytes were dropped`);
      dropped = 0;
      try {
        stream.write(bytes);
      } catch (thrown) {
        fail(thrown);
      }
    },
    hasFailed: () => failed || stream.destroyed,
    close() {
      // Buffered bytes may fail later, and an error without a listener ends the whole process.
      if (stream.writableLength === 0) stream.off('error', fail);
    },
  };
}
