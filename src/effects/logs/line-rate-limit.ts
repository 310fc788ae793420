import { outputLimits } from '../../model/limits.js';

/** The rate limit of one pipe. */
export interface LineRateLimiter {
  /** Whether a line of this length may pass, and how many were dropped since the last one that did. */
  tryAcquire(now: number, bytes: number): { readonly admitted: boolean; readonly dropped: number };
  /** Whether a line would pass now. */
  isOpen(now: number): boolean;
  /** Counts lines that were dropped without a look at each. */
  drop(lines: number): void;
  /** How many were dropped since the last one that passed. */
  dropped(): number;
}

/** Limits lines and bytes per second (fixed windows of one second), so that a flood of output does not block the host. */
export function createLineRateLimiter(
  maxLines: number = outputLimits.linesPerSecond,
  maxBytes: number = outputLimits.bytesPerSecond,
): LineRateLimiter {
  let windowStart = -Infinity;
  let lines = 0;
  let bytes = 0;
  let dropped = 0;
  const isOpen = (now: number): boolean => {
    if (now - windowStart >= 1000) {
      windowStart = now;
      lines = 0;
      bytes = 0;
    }
    return lines < maxLines && bytes < maxBytes;
  };
  return {
    tryAcquire(now, length) {
      if (!isOpen(now)) {
        dropped += 1;
        return { admitted: false, dropped: 0 };
      }
      lines += 1;
      bytes += length;
      const droppedBefore = dropped;
      dropped = 0;
      return { admitted: true, dropped: droppedBefore };
    },
    isOpen,
    drop(count) {
      dropped += count;
    },
    dropped: () => dropped,
  };
}
