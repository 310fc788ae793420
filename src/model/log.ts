export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/** The levels from the quietest concern to the loudest. */
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error'];

/** One thing a plugin said. */
export interface PluginLogEntry {
  readonly plugin: string;
  readonly generation: number;
  /** Where it came from: the process's pipes, the GRPCStdio stream, or Espalier itself about the plugin. */
  readonly source: 'stderr' | 'stdout' | 'stdio-stdout' | 'stdio-stderr' | 'host';
  readonly level: LogLevel;
  readonly message: string;
  /** hclog's `@module`, where given. */
  readonly module?: string | undefined;
  /** The plugin's own time of the record, ISO 8601, where given. */
  readonly timestamp?: string | undefined;
  /** Every other key of an hclog record. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Where Espalier and its plugins log to. pino's logger, Fastify's and `console` fit as they are
 * (`console` prints the object first).
 */
export interface Logger {
  trace(facts: object, message: string): void;
  debug(facts: object, message: string): void;
  info(facts: object, message: string): void;
  warn(facts: object, message: string): void;
  error(facts: object, message: string): void;
}
