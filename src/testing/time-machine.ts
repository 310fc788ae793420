import { setImmediate } from 'node:timers';
import type { SteppingClock } from './stepping-clock.js';

/** How time goes on where promises wait for it. */
export interface TimeMachine {
  /** Lets so many milliseconds pass; what waits for a moment has its turn before the next one comes. */
  advance(ms: number): Promise<void>;
  /** Goes from one moment at which something is due to the next until it is reached; answers whether it was. */
  until(isReached: () => boolean, withinMs: number): Promise<boolean>;
}

export function createTimeMachine(clock: SteppingClock): TimeMachine {
  const passTo = async (moment: number): Promise<void> => {
    clock.pass(Math.max(0, moment - clock.now()));
    await everyTurn();
  };
  return {
    async advance(ms) {
      const end = clock.now() + ms;
      await everyTurn();
      for (let next = clock.next(); next !== null && next <= end; next = clock.next()) await passTo(next);
      await passTo(end);
    },
    async until(isReached, withinMs) {
      const end = clock.now() + withinMs;
      await everyTurn();
      while (!isReached()) {
        const next = clock.next();
        if (next === null || next > end) return false;
        await passTo(next);
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
