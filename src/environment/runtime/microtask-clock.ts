/** The clock interface of XState: it passes the handle of a timer back as it got it. */
export interface Clock {
  setTimeout(fn: (...args: unknown[]) => void, timeout: number): unknown;
  clearTimeout(id: unknown): void;
}

class MicrotaskTimer {
  isCancelled = false;
}

/**
 * A clock that runs a negative delay as a microtask. The tree uses one to wait until all mailboxes are drained; a Node
 * timer would take at least a millisecond.
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
