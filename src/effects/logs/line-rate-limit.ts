/** Lines a second that one pipe of one plugin may log; what is over is counted and dropped. */
export const linesPerSecond = 2000;

/** Bytes a second that they may have together: reading a record of JSON takes the host's time by its length. */
export const bytesPerSecond = 4 * 1024 * 1024;

export interface LineRateLimiter {
  /** Whether a line of this length may pass, and how many were dropped since one last did. */
  tryAcquire(now: number, bytes: number): { readonly admitted: boolean; readonly dropped: number };
  /** How many were dropped since one last passed. */
  dropped(): number;
}

/** Keeps a flood of output from taking the host's whole time. */
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
      const missed = dropped;
      dropped = 0;
      return { admitted: true, dropped: missed };
    },
    dropped: () => dropped,
  };
}
