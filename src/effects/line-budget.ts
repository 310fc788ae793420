/** Lines a second that one pipe of one plugin may log; what is over is counted and dropped. */
const linesPerSecond = 2000;

export interface LineBudget {
  /** Whether a line may pass, and how many were dropped since one last did. */
  ask(now: number): { readonly admitted: boolean; readonly dropped: number };
  /** How many were dropped since one last passed. */
  dropped(): number;
}

/** Keeps a flood of output from taking the host's whole time. */
export function createLineBudget(limit = linesPerSecond): LineBudget {
  let windowStart = -Infinity;
  let used = 0;
  let dropped = 0;
  return {
    ask(now) {
      if (now - windowStart >= 1000) {
        windowStart = now;
        used = 0;
      }
      if (used >= limit) {
        dropped += 1;
        return { admitted: false, dropped: 0 };
      }
      used += 1;
      const missed = dropped;
      dropped = 0;
      return { admitted: true, dropped: missed };
    },
    dropped: () => dropped,
  };
}
