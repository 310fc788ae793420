import { exceedsIntensity, presets, recordFailure, type FailureHistory } from '../../../src/policy/index.js';

const minute = 60_000;

/** Whether each failure of a trace, in minutes, makes the policy give up. */
function verdicts(preset: 'espalier' | 'mattermost', minutes: readonly number[], healthyMs = 0): boolean[] {
  const policy = presets[preset].restart;
  let history: FailureHistory = [];
  return minutes.map((at) => {
    history = recordFailure(history, { at: at * minute, healthyMs }, policy);
    return exceedsIntensity(history, policy);
  });
}

describe("Mattermost's window", () => {
  it('deactivates at the third failure within 60 minutes', () => {
    expect(verdicts('mattermost', [0, 1, 2])).toEqual([false, false, true]);
  });

  it('counts a failure exactly 60 minutes ago', () => {
    expect(verdicts('mattermost', [0, 30, 60])).toEqual([false, false, true]);
  });

  it('does not count one a moment older', () => {
    expect(verdicts('mattermost', [0, 30, 60 + 1 / minute])).toEqual([false, false, false]);
  });

  it('never deactivates a plugin whose failures are spaced out', () => {
    const everyHalfHour = Array.from({ length: 50 }, (_, index) => index * 31);
    expect(verdicts('mattermost', everyHalfHour)).toEqual(everyHalfHour.map(() => false));
  });

  it('looks at the third-last failure only, however many came before', () => {
    expect(verdicts('mattermost', [0, 50, 100, 105, 110])).toEqual([false, false, false, true, true]);
  });

  it('is not reset by healthy time', () => {
    expect(verdicts('mattermost', [0, 20, 40], 19 * minute)).toEqual([false, false, true]);
  });
});

describe("Espalier's window", () => {
  it('gives up at the fifth failure within 5 minutes', () => {
    expect(verdicts('espalier', [0, 1, 2, 3, 4])).toEqual([false, false, false, false, true]);
    expect(verdicts('espalier', [0, 2, 4, 6, 8, 10, 12])).toEqual(Array(7).fill(false));
  });

  it('forgets all failures after a minute of health, and not before', () => {
    expect(verdicts('espalier', [0, 1, 2, 3, 4, 5], minute)).toEqual(Array(6).fill(false));
    expect(verdicts('espalier', [0, 1, 2, 3, 4], minute - 1).at(-1)).toBe(true);
  });
});
