import type { Clock } from '../../environment/index.js';

/** A clock for tests that only advances on request. Each timer runs when it is due. */
export interface SimulatedClock extends Clock {
  /** The current time, in milliseconds since the epoch. */
  now(): number;
  /** Advances by so many milliseconds and runs the timers that are due, including those they start. */
  advance(ms: number): void;
  /** Runs the timers with a negative delay, by which the machines wait until their mailboxes are drained. */
  flush(): void;
  /** Advances to the next timer and runs only that one; returns whether there was one. */
  runNext(): boolean;
  /** Advances without running timers, as in a blocked host; then runs all that are due, late. */
  stall(ms: number): void;
  /** The time of the next timer; `null` when there is none. */
  nextAt(): number | null;
}

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/** The most timers within one `advance`; more of them are an endless loop of timers. */
const maxTimers = 1_000_000;

/**
 * Creates a clock; `startsAt`: its initial time, in milliseconds since the epoch. Unlike XState's SimulatedClock, it
 * runs a chain of timers without drift when it advances far.
 */
export function createSimulatedClock(startsAt = 0): SimulatedClock {
  const timers = new Set<Timer>();
  let now = startsAt;

  const earliest = (): Timer | null => {
    let first: Timer | null = null;
    for (const timer of timers) if (first === null || timer.at < first.at) first = timer;
    return first;
  };
  const run = (timer: Timer): void => {
    timers.delete(timer);
    now = Math.max(now, timer.at);
    timer.fn();
  };
  const runUntil = (end: number): void => {
    let count = 0;
    for (let timer = earliest(); timer !== null && timer.at <= end; timer = earliest()) {
      count += 1;
      if (count > maxTimers) throw new Error(`More than ${maxTimers} timers ran within one advance.`);
      run(timer);
    }
  };

  return {
    now: () => now,
    setTimeout(fn, timeout) {
      const timer: Timer = { at: now + timeout, fn };
      timers.add(timer);
      return timer;
    },
    clearTimeout(id) {
      timers.delete(id as Timer);
    },
    advance(ms) {
      const end = now + ms;
      runUntil(end);
      now = end;
    },
    flush() {
      for (let timer = earliest(); timer !== null && timer.at < now; timer = earliest()) run(timer);
    },
    runNext() {
      const timer = earliest();
      if (timer !== null) run(timer);
      return timer !== null;
    },
    stall(ms) {
      now += ms;
      runUntil(now);
    },
    nextAt: () => earliest()?.at ?? null,
  };
}
