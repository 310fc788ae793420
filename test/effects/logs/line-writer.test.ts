import { createLineRateLimiter } from '../../../src/effects/logs/line-rate-limit.js';
import { createLineWriter } from '../../../src/effects/logs/line-writer.js';

describe('the lines beyond the rate limit', () => {
  it('are counted, also when no line follows them', () => {
    const written: string[] = [];
    const writer = createLineWriter(
      () => 0,
      (line) => written.push(line),
    );
    writer.next(Buffer.from('x\n'.repeat(2_003)));
    writer.complete();
    expect(written).toHaveLength(2_001);
    expect(written.at(-1)).toContain('3 lines dropped');
  });

  it('are limited by their bytes, too', () => {
    const written: string[] = [];
    const writer = createLineWriter(
      () => 0,
      (line) => written.push(line),
    );
    for (let line = 0; line < 100; line += 1) writer.next(Buffer.from(`${'x'.repeat(65_535)}\n`));
    writer.complete();
    expect(written.at(-1)).toContain('35 lines dropped');
    expect(written).toHaveLength(66);
  });
});

describe('a rate limit of lines', () => {
  it('starts a new window after a second', () => {
    const budget = createLineRateLimiter(2, 1000);
    expect([0, 10, 20].map((at) => budget.tryAcquire(at, 1).admitted)).toEqual([true, true, false]);
    expect(budget.tryAcquire(999, 1).admitted).toBe(false);
    expect(budget.tryAcquire(1000, 1)).toEqual({ admitted: true, dropped: 2 });
    expect(budget.dropped()).toBe(0);
  });

  it('admits the line that exceeds its bytes, and none after it', () => {
    const budget = createLineRateLimiter(10, 100);
    expect([60, 60, 1].map((bytes) => budget.tryAcquire(0, bytes).admitted)).toEqual([true, true, false]);
  });
});
