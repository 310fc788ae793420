import { createRateLimit } from '../../../src/effects/socket/rate-limit.js';

describe('a rate limit', () => {
  it('allows so many in a window, and as many in the next one', () => {
    const isWithin = createRateLimit(2, 1000);
    expect([0, 500, 999].map((now) => isWithin(now))).toEqual([true, true, false]);
    expect([1000, 1001, 1002, 1999].map((now) => isWithin(now))).toEqual([true, true, false, false]);
    expect(isWithin(60_000)).toBe(true);
  });
});
