/** How many lines per second one pipe of one plugin may log; further lines are counted and dropped. */
export const linesPerSecond = 2000;

/** How many bytes per second these lines may have together, as parsing a JSON record costs time by its length. */
export const bytesPerSecond = 4 * 1024 * 1024;

/** The rate limit of one pipe. */
export interface LineRateLimiter {
  /** Whether a line of this length may pass, and how many were dropped since the last one that did. */
  tryAcquire(now: number, bytes: number): { readonly admitted: boolean; readonly dropped: number };
  /** How many were dropped since the last one that passed. */
  dropped(): number;
}

/** Limits lines and bytes per second (fixed windows of one second), so that a flood of output does not block the host. */
export function createLineRateLimiter(maxLines = linesPerSecond, maxBytes = bytesPerSecond): LineRateLimiter {
  let windowStart = -Infinity;
  let lines = 0;
  let bytes = 0;
  let dropped = 0;
  return {
    tryAcquire(now, length) {
      if (now - windowStart >= 1000) {
        windowStart = now;
        lines = 0;
        bytes = 0;
      }
      if (lines >= maxLines || bytes >= maxBytes) {
        dropped += 1;
        return { admitted: false, dropped: 0 };
      }
      lines += 1;
      bytes += length;
      const droppedBefore = dropped;
      dropped = 0;
      return { admitted: true, dropped: droppedBefore };
    },
    dropped: () => dropped,
  };
}
