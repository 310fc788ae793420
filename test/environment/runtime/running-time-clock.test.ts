import fc from 'fast-check';
import {
  afterPart,
  beginDelay,
  runningTimeClock,
  type RunningDelay,
} from '../../../src/environment/runtime/running-time-clock.js';

describe('a delay', () => {
  it.each([
    [1, 1],
    [49, 49],
    [50, 10],
    [3000, 600],
    [3001, 601],
  ])('of %d ms is waited for in parts of %d ms', (ms, partMs) => {
    expect(beginDelay(ms)).toEqual({ partMs, leftMs: ms, repeats: 5 });
  });

  it.each<[string, number, RunningDelay]>([
    ['in time', 0, { partMs: 600, leftMs: 2400, repeats: 5 }],
    ['late by half of it', 300, { partMs: 600, leftMs: 2400, repeats: 5 }],
    ['later', 301, { partMs: 600, leftMs: 3000, repeats: 4 }],
    ['an hour late', 3_600_000, { partMs: 600, leftMs: 3000, repeats: 4 }],
  ])('loses a part that comes %s: %d ms', (_, lateMs, after) => {
    expect(afterPart(beginDelay(3000), lateMs)).toEqual(after);
  });

  it('counts a part of a few milliseconds though it comes late, unless it comes very late', () => {
    expect(afterPart(beginDelay(50), 50).leftMs).toBe(40);
    expect(afterPart(beginDelay(50), 51).leftMs).toBe(50);
  });

  it('ends with its last part, which may be shorter', () => {
    expect(afterPart({ partMs: 601, leftMs: 597, repeats: 5 }, 0).leftMs).toBe(0);
  });

  it('counts late parts too once all repeats were used', () => {
    expect(afterPart({ partMs: 600, leftMs: 3000, repeats: 0 }, 9999).leftMs).toBe(2400);
  });

  it('passes after at most twice its parts, however late they come', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.array(fc.nat(1e7), { minLength: 10 }), (ms, late) => {
        let delay = beginDelay(ms);
        for (const lateMs of late.slice(0, 10)) delay = delay.leftMs > 0 ? afterPart(delay, lateMs) : delay;
        expect(delay.leftMs).toBe(0);
      }),
    );
  });
});

describe('the clock of a running host', () => {
  it('calls back after the time that ran, once more input was read', () => {
    const { clock, advance, stop, immediates } = simulated();
    const seen: string[] = [];
    clock.setTimeout(() => seen.push('over'), 1000);
    advance(150);
    stop(60_000);
    advance(999);
    expect(immediates).toHaveLength(0);
    advance(1);
    expect(seen).toEqual([]);
    immediates.splice(0).forEach((run) => {
      run();
    });
    expect(seen).toEqual(['over']);
  });

  it.each([0, 300])('does not call back when it is cancelled after %d ms, nor while input is read', (ms) => {
    const { clock, advance, immediates } = simulated();
    const seen: string[] = [];
    const timer = clock.setTimeout(() => seen.push('over'), 300);
    advance(ms);
    clock.clearTimeout(timer);
    advance(1000);
    immediates.forEach((run) => {
      run();
    });
    expect(seen).toEqual([]);
    expect(() => {
      clock.clearTimeout(undefined);
    }).not.toThrow();
  });

  it('does not wait for input where there is no delay', () => {
    const { clock, advance } = simulated();
    const seen: string[] = [];
    clock.setTimeout(() => seen.push('over'), 0);
    advance(0);
    expect(seen).toEqual(['over']);
  });
});

/** Timers by hand. `stop`: the process does not run for so long, and its timers come late. */
function simulated() {
  let now = 0;
  let timers: { at: number; fn: () => void }[] = [];
  const immediates: (() => void)[] = [];
  const runDue = (): void => {
    for (let due = timers.find(({ at }) => at <= now); due; due = timers.find(({ at }) => at <= now)) {
      const { fn } = due;
      timers = timers.filter((timer) => timer !== due);
      fn();
    }
  };
  const clock = runningTimeClock({
    setTimeout(fn, ms) {
      const timer = { at: now + ms, fn };
      timers.push(timer);
      return timer;
    },
    clearTimeout(id) {
      timers = timers.filter((timer) => timer !== id);
    },
    setImmediate: (fn) => immediates.push(fn),
    now: () => now,
  });
  return {
    clock,
    immediates,
    advance: (ms: number): void => {
      for (const end = now + ms; ; now += 1) {
        runDue();
        if (now >= end) return;
      }
    },
    stop: (ms: number): void => {
      now += ms;
    },
  };
}
