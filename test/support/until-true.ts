import { afterTest } from './environment.js';

/** Waits until a condition holds; checks it in each iteration of the event loop. Jest's timeout bounds it. */
export async function untilTrue(condition: () => boolean): Promise<void> {
  const test = { isOver: false };
  afterTest(() => {
    test.isOver = true;
  });
  while (!condition()) {
    // After the end of the test the loop must stop, or the jest worker would never exit.
    if (test.isOver) return new Promise(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
