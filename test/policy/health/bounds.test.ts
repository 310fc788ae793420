import {
  lostSocketFoundWithinMs,
  hangFoundWithinMs,
  withJitter,
  presets,
} from '../../../src/policy/index.js';

describe('an interval with jitter', () => {
  it.each([
    [1000, 0.1, 0, 900],
    [1000, 0.1, 0.5, 1000],
    [1000, 0.1, 1, 1100],
    [1000, 0, 0.9, 1000],
    [0, 0.1, 0.9, 0],
    // A longer timer of Node fires at once.
    [2 ** 31 - 1, 0.1, 1, 2 ** 31 - 1],
  ])('%d ms ± %d at %d is %d ms', (intervalMs, jitter, random, expected) => {
    expect(withJitter(intervalMs, jitter, random)).toBe(expected);
  });
});

describe('the time within which is found', () => {
  it.each([
    ['espalier', 5500 + 3 * 2000 + 2 * 1100, 5500 + 6 * 2000 + 5 * 1100],
    ['mattermost', 30_000 + 3 * 2000, 30_000 + 3 * 2000],
  ] as const)('a hang under %s is %d ms, and %d with every excuse', (name, plain, excused) => {
    expect(hangFoundWithinMs(presets[name].health)).toBe(plain);
    expect(hangFoundWithinMs(presets[name].health, 'all')).toBe(excused);
  });

  it('a removed socket is the time up to the next fresh dial, and that of a hang from there', () => {
    expect(lostSocketFoundWithinMs(presets.espalier.health)).toBe(6 * 5500 + 5 * 2000 + 3 * 2000 + 2 * 1100);
    expect(lostSocketFoundWithinMs(presets.mattermost.health)).toBeNull();
  });
});
