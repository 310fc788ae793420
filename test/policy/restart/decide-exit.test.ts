import type { RestartPolicy } from '../../../src/model/index.js';
import { emptyHistory, decideExit, presets, type RestartHistory } from '../../../src/policy/index.js';

const policy: RestartPolicy = {
  ...presets.espalier.restart,
  intensity: 1,
  periodMs: 10_000,
  resetAfterMs: 5000,
  halfOpenAfterMs: 1000,
};

function decide(at: number, healthyMs: number, history: RestartHistory, more: Partial<RestartPolicy> = {}) {
  const exit = { kind: 'exit', code: 1, phase: 'serving', error: null, at, healthyMs } as const;
  return decideExit({
    policy: { ...policy, ...more },
    exit,
    history: history,
    wasHealthy: true,
    random: 0.5,
  });
}

const givenUp: RestartHistory = { failures: [0, 100], gaveUp: true };

describe('the end of a plugin', () => {
  it('is recorded, and the failures that count decide', () => {
    const first = decide(0, 0, emptyHistory);
    expect(first).toEqual({
      decision: { decision: 'restart', attempt: 1, delayMs: 0 },
      history: { failures: [0], gaveUp: false },
    });
    expect(decide(100, 0, first.history)).toEqual({
      decision: { decision: 'giveUp', reason: 'FailedToStayRunning' },
      history: givenUp,
    });
  });
});

describe('the one try after giving up', () => {
  it('is given up at once when it fails, even if no earlier failure counts any more', () => {
    expect(decide(1_000_000, 4999, givenUp)).toEqual({
      decision: { decision: 'giveUp', reason: 'FailedToStayRunning' },
      history: { failures: [1_000_000], gaveUp: true },
    });
  });

  it('is trusted again after the healthy time that empties the history', () => {
    expect(decide(1_000_000, 5000, givenUp)).toEqual({
      decision: { decision: 'restart', attempt: 1, delayMs: 0 },
      history: { failures: [1_000_000], gaveUp: false },
    });
  });

  it('has proved itself after a whole period where healthy time resets nothing', () => {
    const noReset = { resetAfterMs: null };
    expect(decide(1_000_000, 9999, givenUp, noReset).decision.decision).toBe('giveUp');
    expect(decide(1_000_000, 10_000, givenUp, noReset).decision.decision).toBe('restart');
  });

  it('is never trusted again where no failure expires', () => {
    const never = { resetAfterMs: null, periodMs: null };
    const bare = { failures: [], gaveUp: true };
    expect(decide(1_000_000, 900_000, bare, never).decision.decision).toBe('giveUp');
  });

  it('may be stopped after a normal end, and still counts as given up', () => {
    const exit = { kind: 'exit', code: 0, phase: 'serving', error: null, at: 5000, healthyMs: 1 } as const;
    const question = { policy: { ...policy, restart: 'transient' as const }, exit, history: givenUp };
    expect(decideExit({ ...question, wasHealthy: true, random: 0 })).toEqual({
      decision: { decision: 'stop' },
      history: { failures: [0, 100, 5000].slice(1), gaveUp: true },
    });
  });
});

describe('a policy without an intensity', () => {
  const never = { intensity: null, periodMs: null };

  it('never gives up, and the pauses grow to the cap and stay there', () => {
    let history = emptyHistory;
    const pauses = Array.from({ length: 2000 }, (_, at) => {
      const { decision, history: after } = decide(at, 0, history, never);
      history = after;
      return decision.decision === 'restart' ? decision.delayMs : null;
    });
    expect(pauses.slice(0, 4)).toEqual([0, 250, 500, 1000]);
    expect(new Set(pauses.slice(20))).toEqual(new Set([30_000]));
    expect(history.failures).toHaveLength(1000);
  });

  it('still begins anew after healthy time', () => {
    expect(decide(9000, 5000, { failures: [1, 2, 3], gaveUp: false }, never).history.failures).toEqual([
      9000,
    ]);
  });
});

describe('the history', () => {
  it('is never more than the decision needs', () => {
    let history = emptyHistory;
    for (let at = 0; at < 50; at += 1) history = decide(at, 0, history).history;
    expect(history.failures).toEqual([48, 49]);
  });

  it('does not grow old where there is no period', () => {
    const { history } = decide(1e12, 0, { failures: [0], gaveUp: false }, { periodMs: null });
    expect(history.failures).toEqual([0, 1e12]);
  });
});
