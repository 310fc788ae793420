import { logLevels, type Logger, type LogLevel } from '../../model/index.js';
import type { ErrorBoundary } from './error-boundary.js';

/** A logger that never throws. */
export function guardedLogger(logger: Logger, boundary: ErrorBoundary): Logger {
  // A logger may be asynchronous against its type.
  const untyped: Record<LogLevel, (facts: object, message: string) => unknown> = logger;
  const methodOf = (level: LogLevel) => (facts: object, message: string) => {
    boundary.call(() => untyped[level](facts, message));
  };
  return Object.fromEntries(logLevels.map((level) => [level, methodOf(level)])) as unknown as Logger;
}
