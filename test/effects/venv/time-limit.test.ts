import { startTimeLimit } from '../../../src/effects/venv/time-limit.js';

const given = (signal: AbortSignal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });

describe('a deadline', () => {
  it('gives its signal when the time is over', async () => {
    const deadline = startTimeLimit(1, undefined);
    await given(deadline.signal);
    expect(deadline.isExceeded()).toBe(true);
  });

  it("gives its signal with the caller's, and is not over for that", () => {
    const caller = new AbortController();
    const deadline = startTimeLimit(60_000, caller.signal);
    caller.abort('enough');
    expect(deadline.signal.reason).toBe('enough');
    expect(deadline.isExceeded()).toBe(false);
    deadline.release();
  });

  it('begins with its signal given when the caller has given theirs', () => {
    const deadline = startTimeLimit(60_000, AbortSignal.abort('before'));
    expect(deadline.signal.reason).toBe('before');
    deadline.release();
  });

  it('that is released follows the caller no more', () => {
    const caller = new AbortController();
    const deadline = startTimeLimit(60_000, caller.signal);
    deadline.release();
    caller.abort();
    expect(deadline.signal.aborted).toBe(false);
  });

  it('may be longer than any timer', () => {
    const deadline = startTimeLimit(Number.MAX_SAFE_INTEGER, undefined);
    expect(deadline.signal.aborted).toBe(false);
    deadline.release();
  });
});
