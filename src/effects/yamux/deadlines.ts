/** Named one-shot timers. None keeps the process alive. */
export interface Deadlines {
  /** Replaces the timer of that name. 0 milliseconds mean no deadline. */
  set(name: string, milliseconds: number, act: () => void): void;
  /** Cancels the timer of that name, if there is one. */
  clear(name: string): void;
  /** Cancels every timer. */
  clearAll(): void;
}

/** No timers yet. */
export function createDeadlines(): Deadlines {
  const timers = new Map<string, NodeJS.Timeout>();
  const clear = (name: string): void => {
    clearTimeout(timers.get(name));
    timers.delete(name);
  };
  return {
    set(name, milliseconds, act) {
      clear(name);
      if (milliseconds === 0) return;
      const timer = setTimeout(() => {
        timers.delete(name);
        act();
      }, milliseconds);
      timers.set(name, timer.unref());
    },
    clear,
    clearAll() {
      for (const name of [...timers.keys()]) clear(name);
    },
  };
}
