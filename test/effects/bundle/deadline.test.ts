import { startDeadline } from '../../../src/effects/bundle/deadline.js';

const given = (signal: AbortSignal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });

describe('a deadline', () => {
  it('gives its signal when the time is over', async () => {
    const deadline = startDeadline(1, undefined);
    await given(deadline.signal);
    expect(deadline.isOver()).toBe(true);
  });

  it("gives its signal with the caller's, and is not over for that", () => {
    const caller = new AbortController();
    const deadline = startDeadline(60_000, caller.signal);
    caller.abort('enough');
    expect(deadline.signal.reason).toBe('enough');
    expect(deadline.isOver()).toBe(false);
    deadline.release();
  });

  it('begins with its signal given when the caller has given theirs', () => {
    const deadline = startDeadline(60_000, AbortSignal.abort('before'));
    expect(deadline.signal.reason).toBe('before');
    deadline.release();
  });

  it('that is released follows the caller no more', () => {
    const caller = new AbortController();
    const deadline = startDeadline(60_000, caller.signal);
    deadline.release();
    caller.abort();
    expect(deadline.signal.aborted).toBe(false);
  });

  it('may be longer than any timer', () => {
    const deadline = startDeadline(Number.MAX_SAFE_INTEGER, undefined);
    expect(deadline.signal.aborted).toBe(false);
    deadline.release();
  });
});
