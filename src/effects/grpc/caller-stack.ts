import { createRateLimit } from '../socket/rate-limit.js';

/** Where a call was made. Its text is formatted only when it is read. */
export interface CallerStack {
  readonly stack?: string;
}

/**
 * At most so many stacks are captured a second. A stack costs about 4 µs and the garbage that comes with it: more than
 * the rest of a unary call (`node bench/profile.mjs`). Who makes more calls than that has stacks of some of them.
 */
const stacksPerSecond = 500;

const isWithinLimit = createRateLimit(stacksPerSecond, 1000);

/** Captures where a call is made, for the stack of its error; `null` where this second had its stacks. */
export function captureCaller(): CallerStack | null {
  return isWithinLimit() ? new Error() : null;
}
