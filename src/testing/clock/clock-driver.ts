import { setImmediate } from 'node:timers';
import type { SimulatedClock } from './simulated-clock.js';

/** How time goes on where promises wait for it. */
export interface ClockDriver {
  /** Lets so many milliseconds pass; what waits for a moment has its turn before the next one comes. */
  readonly advance: (ms: number) => Promise<void>;
  /** Goes from one moment at which something is due to the next until it is reached; answers whether it was. */
  readonly advanceUntil: (isReached: () => boolean, withinMs: number) => Promise<boolean>;
}

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

/** Lets all promises and callbacks have their turn that wait for nothing but each other. */
async function drainEventLoop(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
