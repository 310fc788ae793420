import { maxTimerMs } from '../../model/index.js';

/** When a call has to be over: milliseconds since the epoch, or never. */
export type Deadline = Date | number;

/** Calls back once at a deadline; returns how to call it off. */
export type AtDeadline = (deadline: Deadline, act: () => void) => () => void;

/** Calls back once at the deadline, if that is not never. Returns how to call it off. */
export function atDeadline(deadline: Deadline, act: () => void): () => void {
  const leftMs = Number(deadline) - Date.now();
  if (!(leftMs <= maxTimerMs)) return () => undefined;
  const timer = setTimeout(act, Math.max(0, leftMs));
  return () => {
    clearTimeout(timer);
  };
}

/** Whether a deadline is now or in the past. */
export function hasPassed(deadline: Deadline): boolean {
  return Number(deadline) <= Date.now();
}

/** The time that is left as the value of `grpc-timeout`: one to eight digits, not 0, and a unit. `null`: no limit. */
export function grpcTimeout(deadline: Deadline): string | null {
  const leftMs = Number(deadline) - Date.now();
  if (leftMs === Infinity || Number.isNaN(leftMs)) return null;
  for (const [unit, ms] of timeoutUnits) {
    const amount = Math.ceil(Math.max(1, leftMs) / ms);
    if (amount < 1e8) return `${amount}${unit}`;
  }
  return null;
}

const timeoutUnits = [
  ['m', 1],
  ['S', 1000],
  ['M', 60_000],
  ['H', 3_600_000],
] as const;

/** The earlier one. */
export function earlier(one: Deadline, other: Deadline): Deadline {
  return Number(one) <= Number(other) ? one : other;
}
