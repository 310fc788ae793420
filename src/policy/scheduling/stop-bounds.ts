import type { Deadlines } from '../../model/index.js';

/**
 * How long it can take, in milliseconds, until a plugin that nobody wants any more has no process, whatever it does:
 * all rungs of the way down, each to its end. One that is being spawned is first waited for.
 */
export function stopsWithinMs(deadlines: Deadlines, isSpawning = false): number {
  const { startMs, drainMs, hookMs, shutdownMs, termMs, killMs } = deadlines;
  // A process that comes into being for nobody is killed at once.
  if (isSpawning) return startMs + killMs;
  return drainMs + hookMs + shutdownMs + termMs + killMs;
}
