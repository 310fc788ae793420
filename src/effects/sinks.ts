import type { Writable } from 'node:stream';
import { messageOf, type PluginLogEntry } from '../model/index.js';
import type { LogSink } from './log-lines.js';

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
  write(name: SinkName, from: Printer, bytes: Uint8Array): void;
  /** Lets go of the streams. They are not ended: they belong to the embedder. */
  close(): void;
}

interface Printer {
  readonly plugin: string;
  readonly generation: number;
}

/** How many bytes may wait for a slow stream. What is over is dropped: no plugin stands still for a reader of its prints. */
const mostWaiting = 4 * 1024 * 1024;

const sources: Readonly<Record<SinkName, PluginLogEntry['source']>> = {
  stdout: 'stdio-stdout',
  stderr: 'stdio-stderr',
  rawStderr: 'stderr',
};

/** Opens each sink with its first bytes. A sink that fails is told once, and gets nothing more. */
export function createSinks(options: SinkOptions, log: LogSink): Sinks {
  const outlets = new Map<Writable, Outlet>();
  const chosen = new Map<string, Outlet | null>();

  const open = (name: SinkName, from: Printer): Outlet | null => {
    const sink = options[name];
    const tell = (printer: Printer, what: string): void => {
      const message = `[WARN] the sink ${name} ${what}`;
      log({ ...printer, source: sources[name], level: 'warn', message, fields: {} });
    };
    try {
      const stream = typeof sink === 'function' ? sink(from.plugin) : sink;
      if (stream === undefined) return null;
      const outlet = outlets.get(stream) ?? createOutlet(stream, tell);
      outlets.set(stream, outlet);
      return outlet;
    } catch (thrown) {
      tell(from, `failed: ${messageOf(thrown)}`);
      return null;
    }
  };

  return {
    write(name, { plugin, generation }, bytes) {
      if (options[name] === undefined) return;
      const from = { plugin, generation };
      const key = `${name} ${plugin}`;
      const known = chosen.get(key);
      const outlet = known === undefined ? open(name, from) : known;
      chosen.set(key, outlet);
      outlet?.write(from, bytes);
    },
    close() {
      for (const outlet of outlets.values()) outlet.close();
    },
  };
}

interface Outlet {
  write(from: Printer, bytes: Uint8Array): void;
  close(): void;
}

function createOutlet(stream: Writable, tell: (printer: Printer, what: string) => void): Outlet {
  let last: Printer | null = null;
  let failed = false;
  let dropped = 0;
  const fail = (error: unknown): void => {
    if (failed) return;
    failed = true;
    if (last !== null) tell(last, `failed: ${messageOf(error)}`);
  };
  stream.on('error', fail);
  return {
    write(from, bytes) {
      last = from;
      // A destroyed stream swallows what it is given without an event, or its error is about to be told.
      if (stream.destroyed) fail(stream.errored ?? 'it is closed');
      if (failed) return;
      if (stream.writableLength + bytes.length > mostWaiting) {
        if (dropped === 0) tell(from, 'is too slow: bytes are dropped until it has caught up');
        dropped += bytes.length;
        return;
      }
      if (dropped > 0) tell(from, `has caught up; ${dropped} bytes were dropped`);
      dropped = 0;
      try {
        stream.write(bytes);
      } catch (thrown) {
        fail(thrown);
      }
    },
    close() {
      // What still waits may fail later, and an error that nobody hears ends the whole process.
      if (stream.writableLength === 0) stream.off('error', fail);
    },
  };
}
