import type { Writable } from 'node:stream';
import { messageOf, type PluginLogEntry } from '../../model/index.js';
import type { LogSink } from './line-writer.js';

/** Where bytes go: one stream for all plugins, or one for each that is asked for, or none. */
export type Sink = Writable | ((plugin: string) => Writable | undefined);

/** The bytes that plugins print, as they print them, beside the logs that are made of them. */
export interface SinkOptions {
  /** GRPCStdio's stdout: what a plugin made with the Python helper or in Go prints while it serves. */
  readonly stdout?: Sink | undefined;
  /** GRPCStdio's stderr. */
  readonly stderr?: Sink | undefined;
  /** The process's own stderr. */
  readonly rawStderr?: Sink | undefined;
}

export type SinkName = keyof SinkOptions;

/** The open sinks of one environment. */
export interface Sinks {
  write(name: SinkName, from: SinkSource, bytes: Uint8Array): void;
  /** Lets go of the streams. They are not ended: they belong to the embedder. */
  close(): void;
}

interface SinkSource {
  readonly plugin: string;
  readonly generation: number;
}

/** How many bytes may wait for a slow stream. What is over is dropped: no plugin stands still for a reader of its prints. */
const maxBufferedBytes = 4 * 1024 * 1024;

const sources: Readonly<Record<SinkName, PluginLogEntry['source']>> = {
  stdout: 'stdio-stdout',
  stderr: 'stdio-stderr',
  rawStderr: 'stderr',
};

/**
 * Opens each sink with its first bytes. A sink that fails is told once, and gets nothing more; a function is asked again
 * for the next process of a plugin, as a disk may have room by then.
 */
export function createSinks(options: SinkOptions, log: LogSink): Sinks {
  const outlets = new Map<Writable, Outlet>();
  const chosen = new Map<string, Choice>();

  const open = (name: SinkName, from: SinkSource): Outlet => {
    const sink = options[name];
    const warn = (printer: SinkSource, what: string): void => {
      const message = `[WARN] the sink ${name} ${what}`;
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
  /** Many processes may follow each other on a full disk: their streams are not kept. */
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
      const known = chosen.get(key);
      const isDue = known !== undefined && generation > known.generation && known.outlet.hasFailed();
      const outlet = isDue ? reopen(name, from, known.outlet) : (known?.outlet ?? open(name, from));
      chosen.set(key, { outlet, generation });
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

/** What a plugin writes to, and the generation that did so last. */
interface Choice {
  readonly outlet: Outlet;
  readonly generation: number;
}

/** Of a plugin whose bytes nobody wants. */
const noOutlet: Outlet = { write: () => undefined, hasFailed: () => false, close: () => undefined };

/** Of one whose stream could not be had. */
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
      // A destroyed stream swallows what it is given without an event, or its error is about to be told.
      if (stream.destroyed) fail(stream.errored ?? 'it is closed');
      if (failed) return;
      if (stream.writableLength + bytes.length > maxBufferedBytes) {
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
      // What still waits may fail later, and an error that nobody hears ends the whole process.
      if (stream.writableLength === 0) stream.off('error', fail);
    },
  };
}
