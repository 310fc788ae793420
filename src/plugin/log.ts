import { inspect } from 'node:util';
import { writeIfRead } from './output.js';

/** What a log record says beside its message. Errors are logged with their stack. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one record to the host's log, at the level of the method's name. */
export type LogMethod = (message: string, fields?: LogFields) => void;

/** A logger for plugins: every record is one line of hclog's JSON on stderr, whole and written before the call returns. */
export interface PluginLog {
  readonly trace: LogMethod;
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** The same logger for a part of the plugin, which the host shows as the record's module. */
  readonly named: (module: string) => PluginLog;
}

/** The plugin's logger. It works before `serve`, in worker threads and in child processes too. */
export const log: PluginLog = createLog({});

type Level = Exclude<keyof PluginLog, 'named'>;

function createLog(bound: LogFields): PluginLog {
  const at =
    (level: Level): LogMethod =>
    (message, fields = {}) => {
      writeIfRead('stderr', `${hclogLine({ ...fields, ...bound, '@level': level, '@message': message })}\n`);
    };
  return {
    trace: at('trace'),
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    named: (module) => createLog({ '@module': module }),
  };
}

function hclogLine(fields: LogFields): string {
  // Go's reader wants six digits after the point.
  const record = { ...fields, '@timestamp': new Date().toISOString().replace('Z', '000Z') };
  try {
    return JSON.stringify(record, jsonValue);
  } catch {
    // A value with a circle, or whose toJSON throws.
    const texts = Object.entries(record).map(([key, value]) => [key, asText(value)]);
    return JSON.stringify(Object.fromEntries(texts));
  }
}

function jsonValue(_key: string, value: unknown): unknown {
  if (value instanceof Error) return value.stack ?? String(value);
  return typeof value === 'bigint' ? String(value) : value;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : inspect(value);
}
