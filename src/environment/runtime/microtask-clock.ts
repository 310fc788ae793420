/** What XState asks of a clock. */
export interface Clock {
  // XState leaves the handle of a timer to the clock.
  setTimeout(fn: (...args: unknown[]) => void, timeout: number): unknown;
  clearTimeout(id: unknown): void;
}

class MicrotaskTimer {
  isCancelled = false;
}

/**
 * A clock on which less than no time has passed as soon as what runs now is over. By such a delay the tree waits until
 * all has been heard that is being told; a timer of the host's would take a millisecond for it.
 */
export function microtaskClock(clock: Clock): Clock {
  return {
    setTimeout(fn, timeout) {
      if (timeout >= 0) return clock.setTimeout(fn, timeout);
      const timer = new MicrotaskTimer();
      queueMicrotask(() => {
        if (!timer.isCancelled) fn();
      });
      return timer;
    },
    clearTimeout(id) {
      if (id instanceof MicrotaskTimer) id.isCancelled = true;
      else clock.clearTimeout(id);
    },
  };
}
