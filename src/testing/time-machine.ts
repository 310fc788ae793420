import { setImmediate } from 'node:timers';
import type { SteppingClock } from './stepping-clock.js';

/** How time goes on where promises wait for it. */
export interface TimeMachine {
  /** Lets so many milliseconds pass; what waits for a moment has its turn before the next one comes. */
  readonly advance: (ms: number) => Promise<void>;
  /** Goes from one moment at which something is due to the next until it is reached; answers whether it was. */
  readonly until: (isReached: () => boolean, withinMs: number) => Promise<boolean>;
}

export function createTimeMachine(clock: SteppingClock): TimeMachine {
  const isDueBy = (moment: number): boolean => {
    const next = clock.next();
    return next !== null && next <= moment;
  };
  return {
    async advance(ms) {
      const end = clock.now() + ms;
      await everyTurn();
      while (isDueBy(end)) {
        clock.step();
        await everyTurn();
      }
      clock.pass(end - clock.now());
    },
    async until(isReached, withinMs) {
      const end = clock.now() + withinMs;
      await everyTurn();
      while (!isReached()) {
        if (!isDueBy(end)) return false;
        clock.step();
        await everyTurn();
      }
      return true;
    },
  };
}

/** Lets all promises and callbacks have their turn that wait for nothing but each other. */
async function everyTurn(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
