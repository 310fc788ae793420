/**
 * Limits how often something happens, in fixed windows of `windowMs`. What it returns counts one more at `now`, in
 * milliseconds of any monotonic clock, and says whether that is within the limit of `most`.
 */
export function createRateLimit(most: number, windowMs: number): (now?: number) => boolean {
  let windowBegan = -Infinity;
  let count = 0;
  return (now = performance.now()) => {
    if (now - windowBegan >= windowMs) {
      windowBegan = now;
      count = 0;
    }
    count += 1;
    return count <= most;
  };
}
