/** The level of a log record. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** The log levels, the least severe first. */
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** One log record of a plugin, or one line that it printed. */
export interface PluginLogEntry {
  readonly plugin: string;
  readonly generation: number;
  /** The process's pipes, the GRPCStdio stream, or `host`: a record of Espalier about the plugin. */
  readonly source: 'stderr' | 'stdout' | 'stdio-stdout' | 'stdio-stderr' | 'host';
  readonly level: LogLevel;
  readonly message: string;
  /** hclog's `@module`, if there is one. */
  readonly module?: string | undefined;
  /** The plugin's time of the record, ISO 8601, if there is one. */
  readonly timestamp?: string | undefined;
  /** The other fields of an hclog record. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The logger of Espalier and its plugins. The loggers of pino and Fastify have this interface, and so has `console`. */
export interface Logger {
  trace(facts: object, message: string): void;
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
