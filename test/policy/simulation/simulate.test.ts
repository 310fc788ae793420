import type { Fault, FaultTrace } from '../../../src/model/index.js';
import {
  composePolicy,
  crashesEvery,
  neverBecomesHealthy,
  presets,
  repeating,
  seededRandom,
  simulate,
  type SimulateOptions,
} from '../../../src/policy/index.js';

const { espalier, mattermost } = presets;

/** The timeline of the preset mattermost in short. */
function linesOf(trace: FaultTrace, options?: SimulateOptions, policy = mattermost): string[] {
  // Few processes do here; a policy that never gave up would be lived through for long.
  return simulate(policy, trace, { generations: 60, ...options }).timeline.map((step) => {
    switch (step.type) {
      case 'started':
        return `${step.at} ${step.halfOpen ? 'tried' : 'started'}`;
      case 'ended': {
        const { kind, code, phase, error, at, healthyMs } = step.exit;
        expect(at).toBe(step.at);
        return `${step.at} ${kind} ${code ?? '-'} ${phase} ${error?.code ?? '-'} after ${healthyMs}`;
      }
      case 'restart':
        return `${step.at} restart ${step.attempt} after ${step.delayMs}`;
      case 'giveUp':
        return `${step.at} ${step.reason}, again ${step.retryAt ?? 'never'}`;
      case 'healthy':
      case 'stop':
        return `${step.at} ${step.type}`;
    }
  });
}

describe('a simulation', () => {
  it('of no fault is a start and a healthy life', () => {
    expect(linesOf([], { startMs: 200 })).toEqual(['0 started', '200 healthy']);
    expect(simulate(mattermost, [], { startMs: 200 })).toMatchObject({
      restarts: 0,
      halfOpenTries: 0,
      gaveUpAt: null,
      outages: [{ from: 0, to: 200 }],
      outageMs: 200,
      longestOutageMs: 200,
      forMs: 3_600_000,
      cutShort: false,
    });
  });

  it('has each start, its exit and the decision, until the plugin is given up', () => {
    expect(linesOf(crashesEvery(1000), { startMs: 100 })).toEqual([
      '0 started',
      '100 healthy',
      '1100 exit 1 serving PLUGIN_CRASHED after 1000',
      '1100 restart 1 after 0',
      '1100 started',
      '1200 healthy',
      '2200 exit 1 serving PLUGIN_CRASHED after 1000',
      '2200 restart 2 after 0',
      '2200 started',
      '2300 healthy',
      '3300 exit 1 serving PLUGIN_CRASHED after 1000',
      '3300 FailedToStayRunning, again never',
    ]);
  });

  it.each<[string, Fault, string]>([
    ['an exit code', { afterHealthyMs: 5, code: 9 }, '5 exit 9 serving PLUGIN_CRASHED after 5'],
    ['a signal', { afterHealthyMs: 5, kind: 'signal' }, '5 signal - serving PLUGIN_CRASHED after 5'],
    [
      'a hang, found at the latest moment',
      { afterHealthyMs: 5, kind: 'hang' },
      '38005 hang - serving HEALTH_TIMEOUT after 38005',
    ],
    ['a failed start', { startMs: 7 }, '7 handshake 1 handshake EXITED_BEFORE_HANDSHAKE after 0'],
    [
      'a code in its start',
      { startMs: 7, code: 4 },
      '7 handshake 4 handshake EXITED_BEFORE_HANDSHAKE after 0',
    ],
    [
      'a signal in its start',
      { startMs: 7, kind: 'signal' },
      '7 handshake - handshake EXITED_BEFORE_HANDSHAKE after 0',
    ],
    ['a start without end', { startMs: null }, '3000 handshake - handshake START_TIMEOUT after 0'],
    ['a hang in its start', { startMs: 7, kind: 'hang' }, '3000 handshake - handshake START_TIMEOUT after 0'],
    [
      'a start that just comes too late',
      { startMs: 3000, afterHealthyMs: 0 },
      '3000 handshake - handshake START_TIMEOUT after 0',
    ],
    [
      'a failure that just comes too late',
      { startMs: 3000 },
      '3000 handshake - handshake START_TIMEOUT after 0',
    ],
    [
      'an error of its start',
      { startMs: 7, error: 'SPAWN_FAILED' },
      '7 spawn - interpreter SPAWN_FAILED after 0',
    ],
    [
      'an error too late',
      { startMs: null, error: 'SPAWN_FAILED' },
      '3000 spawn - interpreter START_TIMEOUT after 0',
    ],
    ['a moment', { at: 50 }, '50 exit 1 serving PLUGIN_CRASHED after 50'],
    [
      'a moment in its start',
      { at: 50, startMs: 60 },
      '50 handshake 1 handshake EXITED_BEFORE_HANDSHAKE after 0',
    ],
    ['a moment at its health', { at: 50, startMs: 50 }, '50 exit 1 serving PLUGIN_CRASHED after 0'],
  ])('knows %s', (_, fault, ended) => {
    expect(linesOf([fault])).toContain(ended);
  });

  it('counts the time to find a hang and to end it, which SIGTERM does not', () => {
    expect(linesOf([{ afterHealthyMs: 0, kind: 'hang' }], {}, espalier)).toContain(
      '16000 hang - serving HEALTH_TIMEOUT after 16000',
    );
  });

  it('lets the one who starts too slowly without any fault run into the start limit', () => {
    expect(linesOf([], { startMs: 3000 })).toEqual([
      '0 started',
      '3000 handshake - handshake START_TIMEOUT after 0',
      '3000 FailedToStart, again never',
    ]);
    expect(linesOf([], { startMs: 2999 })).toEqual(['0 started', '2999 healthy']);
  });

  it('says that it never was healthy only while that is so', () => {
    const trace = [{ afterHealthyMs: 1 }, { startMs: 1, error: 'INTERPRETER_NOT_FOUND' as const }];
    expect(linesOf(trace, { forMs: 10 }, espalier).at(-1)).toBe('2 FailedToStayRunning, again 600002');
    expect(linesOf(trace.slice(1), { forMs: 10 }, espalier).at(-1)).toBe('1 FailedToStart, again 600001');
  });

  it('passes over a fault whose moment finds no process', () => {
    const policy = composePolicy({ restart: { backoff: { firstMs: 1000 } } });
    const trace = [{ at: 500 }, { at: 600 }, { at: 1499 }, { at: 1500 }, { at: 4000 }];
    const ends = linesOf(trace, {}, policy).filter((line) => line.includes(' exit '));
    expect(ends.map((line) => line.split(' ')[0])).toEqual(['500', '1500', '4000']);
  });

  it('stops a transient plugin after a normal end, which is no outage', () => {
    const policy = composePolicy({ restart: { restart: 'transient' } });
    const simulation = simulate(policy, [{ afterHealthyMs: 10, code: 0 }], { startMs: 5 });
    expect(simulation.timeline.at(-1)).toEqual({ type: 'stop', at: 15 });
    expect(simulation).toMatchObject({ restarts: 0, outages: [{ from: 0, to: 5 }] });
    const brief = simulate(policy, [{ afterHealthyMs: 0, code: 0 }], { startMs: 5 });
    expect(brief.outages).toEqual([{ from: 0, to: 5 }]);
  });

  it('misses a permanent plugin after a normal end until it is back', () => {
    const policy = composePolicy({ restart: { backoff: { firstMs: 300 } } });
    const { outages } = simulate(policy, [{ afterHealthyMs: 10, code: 0 }]);
    expect(outages).toEqual([{ from: 10, to: 310 }]);
  });

  it('misses a temporary plugin that crashed, to the end', () => {
    const policy = composePolicy({ restart: { restart: 'temporary' } });
    const simulation = simulate(policy, [{ afterHealthyMs: 10 }], { forMs: 100 });
    expect(simulation.timeline.at(-1)).toEqual({ type: 'stop', at: 10 });
    expect(simulation.outages).toEqual([{ from: 10, to: 100 }]);
  });

  it('tries once after giving up, and again; what is healthy long enough is a plugin like any other', () => {
    const policy = composePolicy({
      preset: 'mattermost',
      restart: { halfOpenAfterMs: 1000, resetAfterMs: 500 },
    });
    const crash = { afterHealthyMs: 0 };
    const trace = [crash, crash, crash, { afterHealthyMs: 499 }, { afterHealthyMs: 500 }, crash];
    expect(linesOf(trace, {}, policy).slice(9)).toEqual([
      '0 healthy',
      '0 exit 1 serving PLUGIN_CRASHED after 0',
      '0 FailedToStayRunning, again 1000',
      '1000 tried',
      '1000 healthy',
      '1499 exit 1 serving PLUGIN_CRASHED after 499',
      '1499 FailedToStayRunning, again 2499',
      '2499 tried',
      '2499 healthy',
      '2999 exit 1 serving PLUGIN_CRASHED after 500',
      '2999 restart 1 after 0',
      '2999 started',
      '2999 healthy',
      '2999 exit 1 serving PLUGIN_CRASHED after 0',
      '2999 restart 2 after 0',
      '2999 started',
      '2999 healthy',
    ]);
    expect(simulate(policy, trace)).toMatchObject({ restarts: 4, halfOpenTries: 2, gaveUpAt: 0 });
    expect(simulate(policy, trace, { forMs: 2499 })).toMatchObject({ halfOpenTries: 1, forMs: 2499 });
  });

  it('sums up outages: from the moment when it was of no use to the one when it is again', () => {
    const policy = composePolicy({ restart: { backoff: { firstMs: 300, jitter: 'none' } } });
    const trace: Fault[] = [
      { afterHealthyMs: 1000 },
      { afterHealthyMs: 0 },
      { afterHealthyMs: 1000, kind: 'hang' },
    ];
    const simulation = simulate(policy, trace, { startMs: 100, forMs: 60_000 });
    // The second process was healthy for no time: its outage is one with the one before.
    expect(simulation.outages).toEqual([
      { from: 0, to: 100 },
      { from: 1100, to: 2100 },
      { from: 3100, to: 20_200 },
    ]);
    expect(simulation).toMatchObject({ outageMs: 100 + 1000 + 17_100, longestOutageMs: 17_100 });
  });

  it('ends at the requested time', () => {
    expect(linesOf(crashesEvery(1000), { forMs: 1000 })).toEqual(['0 started', '0 healthy']);
    expect(linesOf(crashesEvery(1000), { forMs: 1001 })).toHaveLength(6);
    expect(simulate(espalier, crashesEvery(80_000), { forMs: 100_000 })).toMatchObject({
      forMs: 100_000,
      cutShort: false,
    });
    expect(simulate(mattermost, [{ afterHealthyMs: 5 }], { forMs: 5 }).outages).toEqual([]);
    expect(simulate(mattermost, neverBecomesHealthy(), { forMs: 10 }).outages).toEqual([{ from: 0, to: 10 }]);
    expect(simulate(mattermost, neverBecomesHealthy(), { forMs: 0 })).toMatchObject({
      timeline: [],
      outages: [],
    });
    expect(simulate(mattermost, [], { startMs: 20, forMs: 10 }).outages).toEqual([{ from: 0, to: 10 }]);
  });

  it('is cut short when there are too many processes', () => {
    const policy = composePolicy({ preset: 'mattermost', restart: { intensity: null } });
    const simulation = simulate(policy, crashesEvery(0), { generations: 3, forMs: 50 });
    expect(simulation).toMatchObject({ restarts: 3, forMs: 0, cutShort: true, outageMs: 0 });
    expect(simulation.timeline.filter(({ type }) => type === 'started')).toHaveLength(3);
    // With a history of one failure, ten thousand processes are simulated quickly.
    const forgetful = composePolicy({ preset: 'mattermost', restart: { resetAfterMs: 0 } });
    const many = simulate(forgetful, crashesEvery(0)).timeline.filter(({ type }) => type === 'started');
    expect(many).toHaveLength(10_000);
    expect(simulate(policy, crashesEvery(25), { generations: 2, forMs: 50 }).cutShort).toBe(false);
  });

  it('answers the same to the same seed, and something else to another', () => {
    const pauses = (options: SimulateOptions) => linesOf(crashesEvery(10), options, espalier);
    expect(pauses({ seed: 7 })).toEqual(pauses({ seed: 7 }));
    expect(pauses({ seed: 7 })).toEqual(pauses({ random: seededRandom(7) }));
    expect(pauses({})).toEqual(pauses({ seed: 1 }));
    expect(pauses({ seed: 7 })).not.toEqual(pauses({ seed: 8 }));
  });

  it.each([{ forMs: -1 }, { startMs: Number.NaN }, { generations: -1 }, { seed: Number.NaN }])(
    'is refused for %j',
    (options) => {
      const [name = ''] = Object.keys(options);
      const refusal = {
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(`${name} must be`) as string,
      };
      expect(() => simulate(espalier, [], options)).toThrow(
        expect.objectContaining({
          ...refusal,
          hint: expect.stringContaining('SimulateOptions') as string,
        }) as Error,
      );
    },
  );
});

describe('a trace that repeats', () => {
  const first = (count: number, trace: FaultTrace) => {
    const faults = trace[Symbol.iterator]();
    return Array.from({ length: count }, () => faults.next().value as Fault | undefined);
  };

  it('goes on for ever, from the beginning for each who reads it', () => {
    const trace = repeating({ afterHealthyMs: 1 }, { startMs: null });
    const expected = [{ afterHealthyMs: 1 }, { startMs: null }, { afterHealthyMs: 1 }];
    expect(first(3, trace)).toEqual(expected);
    expect(first(3, trace)).toEqual(expected);
  });

  it('has each moment of its own only once', () => {
    const [crash, moment] = [{ afterHealthyMs: 1 }, { at: 5 }];
    expect(first(5, repeating(moment, crash))).toEqual([moment, crash, crash, crash, crash]);
    expect(first(2, repeating(moment))).toEqual([moment, undefined]);
  });

  it('of nothing is nothing', () => {
    expect([...repeating()]).toEqual([]);
  });
});

describe('the seeded random', () => {
  it('is the known stream of mulberry32', () => {
    const random = seededRandom(1);
    expect([random(), random(), random()]).toEqual([
      0.6270739405881613, 0.002735721180215478, 0.5274470399599522,
    ]);
  });

  it('lies in [0, 1) and is spread', () => {
    const random = seededRandom(42);
    const numbers = Array.from({ length: 10_000 }, random);
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
    expect(mean).toBeCloseTo(0.5, 1);
  });
});
