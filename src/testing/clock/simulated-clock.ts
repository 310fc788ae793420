import type { Clock } from '../../environment/index.js';

/** A clock for tests: time passes when it is told to, and each timer comes at its own moment. */
export interface SimulatedClock extends Clock {
  now(): number;
  /** Lets time pass; each timer that is due meanwhile comes at its moment, and may start others. */
  advance(ms: number): void;
  /** Lets all be heard that is being told: what waits for less than no time comes. */
  flush(): void;
  /** Lets time pass up to the timer that is due next, which comes alone; answers whether there was one. */
  runNext(): boolean;
  /** Time passes while nothing runs, as in a host that is stopped or blocked: all timers that are due come late. */
  stall(ms: number): void;
  /** When the next timer is due; `null` when there is none. */
  nextAt(): number | null;
}

interface Timer {
  readonly at: number;
  readonly fn: () => void;
}

/** Timers within one `pass`. More of them means that something starts itself again and again without a pause. */
const maxTimers = 1_000_000;

/**
 * A clock that stands still until it is told to go on. `startsAt`: what it shows at first, in milliseconds since the
 * epoch. Unlike XState's SimulatedClock it does not let a chain of timers drift when much time passes at once.
 */
export function createSimulatedClock(startsAt = 0): SimulatedClock {
  const timers = new Set<Timer>();
  let now = startsAt;

  const earliest = (): Timer | null => {
    let found: Timer | null = null;
    for (const timer of timers) if (found === null || timer.at < found.at) found = timer;
    return found;
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
      if (count > maxTimers) throw new Error(`More than ${maxTimers} timers came within one span of time.`);
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
