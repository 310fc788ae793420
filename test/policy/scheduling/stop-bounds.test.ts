import { stopsWithinMs } from '../../../src/policy/index.js';

const deadlines = { startMs: 1, drainMs: 20, hookMs: 300, shutdownMs: 4000, termMs: 50_000, killMs: 600_000 };

describe('the longest way down', () => {
  it('is all rungs together', () => {
    expect(stopsWithinMs(deadlines)).toBe(654_320);
  });

  it('is the start and the kill for a process that comes into being for nobody', () => {
    expect(stopsWithinMs(deadlines, true)).toBe(600_001);
  });
});
