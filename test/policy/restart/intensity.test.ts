import {
  exceedsIntensity,
  isExhausted,
  pauseClock,
  presets,
  readClock,
  recordFailure,
  restartsLeft,
  resumeClock,
  withRestart,
  type FailureHistory,
} from '../../../src/policy/index.js';

const minute = 60_000;

/** Whether each failure of a trace, in minutes, makes the policy give up. */
function decisions(preset: 'espalier' | 'mattermost', minutes: readonly number[], healthyMs = 0): boolean[] {
  const policy = presets[preset].restart;
  let history: FailureHistory = [];
  return minutes.map((at) => {
    history = recordFailure(history, { at: at * minute, healthyMs }, policy);
    return exceedsIntensity(history, policy);
  });
}

describe('the intensity of the preset mattermost', () => {
  it('deactivates at the third failure within 60 minutes', () => {
    expect(decisions('mattermost', [0, 1, 2])).toEqual([false, false, true]);
  });

  it('counts a failure exactly 60 minutes ago', () => {
    expect(decisions('mattermost', [0, 30, 60])).toEqual([false, false, true]);
  });

  it('does not count one a moment older', () => {
    expect(decisions('mattermost', [0, 30, 60 + 1 / minute])).toEqual([false, false, false]);
  });

  it('never deactivates a plugin whose failures are spaced out', () => {
    const everyHalfHour = Array.from({ length: 50 }, (_, index) => index * 31);
    expect(decisions('mattermost', everyHalfHour)).toEqual(everyHalfHour.map(() => false));
  });

  it('depends on the third-last failure only, however many came before', () => {
    expect(decisions('mattermost', [0, 50, 100, 105, 110])).toEqual([false, false, false, true, true]);
  });

  it('is not reset by healthy time', () => {
    expect(decisions('mattermost', [0, 20, 40], 19 * minute)).toEqual([false, false, true]);
  });
});

describe('the intensity of the preset espalier', () => {
  it('gives up at the fifth failure within 5 minutes', () => {
    expect(decisions('espalier', [0, 1, 2, 3, 4])).toEqual([false, false, false, false, true]);
    expect(decisions('espalier', [0, 2, 4, 6, 8, 10, 12])).toEqual(Array(7).fill(false));
  });

  it('forgets all failures after a minute of health, and none before', () => {
    expect(decisions('espalier', [0, 1, 2, 3, 4, 5], minute)).toEqual(Array(6).fill(false));
    expect(decisions('espalier', [0, 1, 2, 3, 4], minute - 1).at(-1)).toBe(true);
  });
});

describe('the restart intensity of a group', () => {
  const limit = { intensity: 2, periodMs: 100 };

  it('allows that many restarts within its period, the edge included', () => {
    const restarts = withRestart(withRestart([], 0, limit), 100, limit);
    expect(restarts).toEqual([0, 100]);
    expect([isExhausted(restarts, 100, limit), isExhausted(restarts, 101, limit)]).toEqual([true, false]);
    expect([restartsLeft(restarts, 100, limit), restartsLeft(restarts, 201, limit)]).toEqual([0, 2]);
  });

  it('allows none where it is 0, and any number where there is none', () => {
    expect(isExhausted([], 0, { ...limit, intensity: 0 })).toBe(true);
    const none = { ...limit, intensity: null };
    expect([isExhausted([0, 0, 0], 0, none), restartsLeft([0], 0, none), withRestart([0], 0, none)]).toEqual([
      false,
      null,
      [],
    ]);
  });

  it('is measured by a clock that is paused during a group restart', () => {
    const busy = pauseClock({ pausedMs: 0, pausedAt: null }, 50);
    expect([readClock(busy, 50), readClock(busy, 500)]).toEqual([50, 50]);
    expect(pauseClock(busy, 400)).toEqual(busy);
    const free = resumeClock(busy, 500);
    expect([readClock(free, 500), readClock(free, 510)]).toEqual([50, 60]);
    expect(resumeClock(free, 600)).toEqual(free);
  });
});
