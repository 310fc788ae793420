import type { Clock } from './microtask-clock.js';

/** What the clock of a running host is made of. */
export interface HostTimers {
  readonly setTimeout: (fn: () => void, timeout: number) => unknown;
  readonly clearTimeout: (id: unknown) => void;
  /** Calls back after the next poll for input. */
  readonly setImmediate: (fn: () => void) => unknown;
  /** A monotonic clock, in milliseconds. */
  readonly now: () => number;
}

/** In how many parts a delay is waited for; a part that comes late counts with its own length only. */
const parts = 5;
/** Shorter delays are waited for in one part, in milliseconds. */
const shortestMs = 50;

/** A delay that is being waited for. */
export interface RunningDelay {
  readonly partMs: number;
  /** What is left of it, in milliseconds. */
  readonly leftMs: number;
  /** How many parts may still be repeated. */
  readonly repeats: number;
}

/** A delay of which nothing has passed. */
export function beginDelay(ms: number): RunningDelay {
  const partMs = ms < shortestMs ? ms : Math.ceil(ms / parts);
  return { partMs, leftMs: ms, repeats: parts };
}

/**
 * The delay after a part of it has passed, `lateMs` too late. The host did not run meanwhile, or was busy with something
 * else: a part that comes late by more than half of itself is waited for again. The number of repeats is bounded, so
 * that a host which is always busy has deadlines too.
 */
export function afterPart({ partMs, leftMs, repeats }: RunningDelay, lateMs: number): RunningDelay {
  const isLate = lateMs > Math.max(shortestMs, partMs / 2);
  if (isLate && repeats > 0) return { partMs, leftMs, repeats: repeats - 1 };
  return { partMs, leftMs: leftMs - Math.min(partMs, leftMs), repeats };
}

/**
 * A clock of the time in which this process runs: a delay does not pass while the process is stopped or its event loop
 * is blocked. Before it calls back, what has arrived by then is read.
 */
export function runningTimeClock(timers: HostTimers): Clock {
  return {
    setTimeout(fn, timeout) {
      if (timeout <= 0) return new RunningTimer(timers.setTimeout(fn, timeout));
      const timer = new RunningTimer(null);
      const wait = (delay: RunningDelay): void => {
        const part = Math.min(delay.partMs, delay.leftMs);
        const dueAt = timers.now() + part;
        timer.id = timers.setTimeout(() => {
          const next = afterPart(delay, timers.now() - dueAt);
          if (next.leftMs > 0) wait(next);
          else
            timers.setImmediate(() => {
              if (!timer.isCancelled) fn();
            });
        }, part);
      };
      wait(beginDelay(timeout));
      return timer;
    },
    clearTimeout(id) {
      if (!(id instanceof RunningTimer)) return;
      id.isCancelled = true;
      timers.clearTimeout(id.id);
    },
  };
}

class RunningTimer {
  isCancelled = false;
  constructor(public id: unknown) {}
}
