/** Named moments in the future, each of which comes once or is called off. None keeps the process alive. */
export interface Deadlines {
  /** Does nothing for a time of 0: no deadline is meant. */
  set(name: string, milliseconds: number, act: () => void): void;
  clear(name: string): void;
  clearAll(): void;
}

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
