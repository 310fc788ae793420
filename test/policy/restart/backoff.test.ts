import fc from 'fast-check';
import type { Backoff } from '../../../src/model/index.js';
import { backoffDelay, delayUnder } from '../../../src/policy/index.js';

const backoff: Backoff = { firstMs: 10, baseMs: 100, factor: 3, capMs: 2000, jitter: 'none' };
const jittered: Backoff = { ...backoff, jitter: 'full' };

describe('the pause before a restart', () => {
  it('is the first one, then the base, then grows by the factor up to the cap', () => {
    expect([1, 2, 3, 4, 5, 400].map((attempt) => backoffDelay(backoff, attempt, 0.5))).toEqual([
      10, 100, 300, 900, 2000, 2000,
    ]);
  });

  it('is a random part of the whole under full jitter, but for the first one', () => {
    expect([1, 2, 3, 5].map((attempt) => backoffDelay(jittered, attempt, 0.25))).toEqual([10, 25, 75, 500]);
    expect(backoffDelay(jittered, 2, 0)).toBe(0);
    expect(backoffDelay(jittered, 2, 0.994)).toBe(99);
  });

  it('stays nothing where the base is nothing, however far the factor has grown', () => {
    expect(backoffDelay({ ...backoff, baseMs: 0, factor: 1e9 }, 900, 0.5)).toBe(0);
  });

  it('never is more than the cap, nor less than nothing, whatever the numbers', () => {
    const amount = fc.integer({ min: 0, max: 2 ** 31 - 1 });
    const backoffs = fc.record<Backoff>({
      firstMs: amount,
      baseMs: amount,
      factor: fc.double({ min: 0, max: 1e6, noNaN: true }),
      capMs: amount,
      jitter: fc.constantFrom('full', 'none'),
    });
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(backoffs, fc.integer({ min: 2, max: 1000 }), chance, (any, attempt, random) => {
        const delayMs = backoffDelay(any, attempt, random);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(any.capMs);
      }),
    );
  });
});

describe('a pause that runs while the backoff changes', () => {
  it('is cut to what the new backoff says', () => {
    expect(delayUnder({ attempt: 4, delayMs: 900 }, backoff, { ...backoff, capMs: 250 })).toBe(250);
    expect(delayUnder({ attempt: 1, delayMs: 10 }, backoff, { ...backoff, firstMs: 4 })).toBe(4);
  });

  it('keeps its place in the whole, so that what was spread stays spread', () => {
    expect(delayUnder({ attempt: 4, delayMs: 450 }, jittered, { ...jittered, capMs: 200 })).toBe(100);
    expect(delayUnder({ attempt: 4, delayMs: 90 }, jittered, { ...jittered, capMs: 200 })).toBe(20);
  });

  it('is never longer than it was', () => {
    expect(delayUnder({ attempt: 4, delayMs: 90 }, jittered, backoff)).toBe(90);
    expect(delayUnder({ attempt: 2, delayMs: 100 }, backoff, { ...backoff, baseMs: 5000 })).toBe(100);
  });

  it('stays nothing when it is nothing', () => {
    const none = { ...backoff, baseMs: 0 };
    expect(delayUnder({ attempt: 2, delayMs: 0 }, none, backoff)).toBe(0);
    expect(delayUnder({ attempt: 2, delayMs: 0 }, none, jittered)).toBe(0);
    expect(delayUnder({ attempt: 1, delayMs: 0 }, { ...backoff, firstMs: 0 }, backoff)).toBe(0);
  });

  it('does not change when the backoff does not', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), chance, (attempt, random) => {
        const delayMs = backoffDelay(jittered, attempt, random);
        expect(delayUnder({ attempt, delayMs }, jittered, jittered)).toBe(delayMs);
      }),
    );
  });
});
