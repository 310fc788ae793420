import fc from 'fast-check';
import { presetNames, type Fault, type SupervisionOptions } from '../../src/model/index.js';
import { composePolicy, repeating, seededRandom, simulate } from '../../src/policy/index.js';
import { replayTrace } from '../support/replay-trace.js';

const time = (max: number) => fc.integer({ min: 0, max });
const served = fc.record({
  startMs: fc.option(time(20_000), { nil: undefined }),
  afterHealthyMs: fc.oneof(time(10_000), time(700_000)),
  kind: fc.constantFrom('exit', 'signal'),
  code: fc.constantFrom(undefined, 0, 3),
} as const);
const neverHealthy = fc.record({
  startMs: fc.oneof(time(20_000), fc.constant(null)),
  kind: fc.constantFrom(undefined, 'exit', 'signal'),
  error: fc.constantFrom(undefined, undefined, 'SPAWN_FAILED', 'INTERPRETER_NOT_FOUND'),
} as const);
const timed = fc.record({ startMs: time(20_000), at: time(1_800_000), code: fc.constantFrom(0, 1) } as const);
const faults: fc.Arbitrary<Fault[]> = fc.array(
  fc.oneof({ weight: 4, arbitrary: served }, neverHealthy, timed),
  {
    minLength: 1,
    maxLength: 8,
  },
);
const supervisions: fc.Arbitrary<SupervisionOptions> = fc.record({
  preset: fc.constantFrom(...presetNames),
  restart: fc.record(
    {
      restart: fc.constantFrom('permanent', 'transient', 'temporary'),
      intensity: fc.constantFrom(0, 1, 3, 10),
      periodMs: fc.constantFrom(null, 10_000, 300_000),
      resetAfterMs: fc.constantFrom(null, 1000, 60_000),
      halfOpenAfterMs: fc.constantFrom(null, 1000, 600_000),
    } as const,
    { requiredKeys: [] },
  ),
});

describe('a simulation and the machines that run', () => {
  it('give the same timeline for the same faults, to the millisecond', async () => {
    const arguments_ = [
      supervisions,
      faults,
      fc.boolean(),
      fc.nat(),
      time(5000),
      fc.integer({ min: 1, max: 1_800_000 }),
    ] as const;
    await fc.assert(
      fc.asyncProperty(...arguments_, async (supervision, list, again, seed, startMs, forMs) => {
        const trace = again ? repeating(...list) : list;
        const { timeline, cutShort } = simulate(composePolicy(supervision), trace, {
          forMs,
          startMs,
          seed,
          generations: 200,
        });
        fc.pre(!cutShort);
        expect(await replayTrace(supervision, trace, { forMs, startMs, random: seededRandom(seed) })).toEqual(
          timeline,
        );
      }),
      { numRuns: 100 },
    );
  }, 60_000);

  it.each([0, 1, 4999, 5000, 7777])(
    'agree on what follows a hang after %d ms, which the simulation finds at the latest moment',
    async (afterHealthyMs) => {
      const trace: Fault[] = [{ afterHealthyMs, kind: 'hang' }];
      const options = { forMs: 60_000, startMs: 100 };
      const ended = simulate(composePolicy(), trace, options).timeline.find(({ type }) => type === 'ended');
      const played = await replayTrace({}, trace, { ...options, random: () => 0.5 });
      const really = played.find(({ type }) => type === 'ended');
      expect(really).toMatchObject({
        exit: { kind: 'hang', phase: 'serving', error: { code: 'HEALTH_TIMEOUT' } },
      });
      expect(ended).toMatchObject({
        exit: { kind: 'hang', phase: 'serving', error: { code: 'HEALTH_TIMEOUT' } },
      });
      expect(really?.at).toBeLessThanOrEqual(ended?.at ?? 0);
      expect(really?.at).toBeGreaterThan((ended?.at ?? 0) - 5001);
    },
  );
});
