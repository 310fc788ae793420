/** Where a call was made. Its text is formatted only when it is read. */
export interface CallerStack {
  readonly stack?: string;
}

/**
 * At most so many stacks are captured a second. A stack costs about 4 µs and the garbage that comes with it: more than
 * the rest of a unary call (`node bench/profile.mjs`). Who makes more calls than that has stacks of some of them.
 */
const stacksPerSecond = 500;

let second = 0;
let captured = 0;

/** Captures where a call is made, for the stack of its error; `null` where this second had its stacks. */
export function captureCaller(now: number = performance.now()): CallerStack | null {
  if (now - second >= 1000) {
    second = now;
    captured = 0;
  }
  if (captured >= stacksPerSecond) return null;
  captured += 1;
  return new Error();
}
