import { setImmediate } from 'node:timers';
import type { SimulatedClock } from './simulated-clock.js';

/** Advances a simulated clock together with the promises that wait for it. */
export interface ClockDriver {
  /** Advances by so many milliseconds; pending promises run after each timer. */
  readonly advance: (ms: number) => Promise<void>;
  /** Runs timer after timer until a condition holds; resolves with whether it held within `withinMs`. */
  readonly advanceUntil: (isReached: () => boolean, withinMs: number) => Promise<boolean>;
}

/** Creates a driver of this clock. */
export function createClockDriver(clock: SimulatedClock): ClockDriver {
  const isDueBy = (moment: number): boolean => {
    const next = clock.nextAt();
    return next !== null && next <= moment;
  };
  return {
    async advance(ms) {
      const end = clock.now() + ms;
      await drainEventLoop();
      while (isDueBy(end)) {
        clock.runNext();
        await drainEventLoop();
      }
      clock.advance(end - clock.now());
    },
    async advanceUntil(isReached, withinMs) {
      const end = clock.now() + withinMs;
      await drainEventLoop();
      while (!isReached()) {
        if (!isDueBy(end)) return false;
        clock.runNext();
        await drainEventLoop();
      }
      return true;
    },
  };
}

/** Resolves after all pending promises and immediates have run. */
async function drainEventLoop(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
