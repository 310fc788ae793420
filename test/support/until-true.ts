import { afterTest } from './environment.js';

/** Waits until something holds, turn by turn of the event loop. Jest's own timeout bounds it. */
export async function untilTrue(condition: () => boolean): Promise<void> {
  const test = { isOver: false };
  afterTest(() => {
    test.isOver = true;
  });
  while (!condition()) {
    // Nobody waits for a test that is over, and a worker that turned on for it would never end.
    if (test.isOver) return new Promise(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
