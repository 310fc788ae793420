import fc from 'fast-check';
import {
  createPretendedEnvironment,
  inject,
  randomStrikes,
  strikeNames,
  tryFaults,
  type PretendedEnvironment,
} from '../../src/testing/index.js';

const create = async (): Promise<PretendedEnvironment> => {
  const pretended = await createPretendedEnvironment({
    plugins: { store: {}, mail: { requires: ['store'] }, search: {} },
    policy: { health: { intervalMs: 300_000 }, restart: { intensity: 1 } },
  });
  await pretended.settle(pretended.env.activateAll());
  return pretended;
};

describe('tryFaults', () => {
  it('tries every kind of fault, and finds that the promises of Espalier hold', async () => {
    const states = new Set<string>();
    const holds = ({ env }: PretendedEnvironment): void => {
      for (const { state } of env.statuses()) states.add(state);
    };
    const { runs, hits } = await tryFaults({ create, holds, runs: 10 });
    expect(runs).toBe(10);
    for (const name of strikeNames) expect(hits[name]).toBeGreaterThan(2);
    for (const state of ['healthy', 'restarting', 'failed']) expect([...states]).toContain(state);
  }, 30_000);

  it('shortens what breaks a promise to the faults that it needs, and names the seed', async () => {
    const thrown = new Error('the store is away');
    const holds = ({ env }: PretendedEnvironment): void => {
      if (env.status('store').state === 'restarting') throw thrown;
    };
    const failure = await tryFaults({ create, holds }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ cause: thrown });
    expect((failure as Error).message).toMatch(
      /^The promise is broken by (crash|kill|runOutOfMemory) store \(seed \d+\): the store is away$/,
    );
  });

  it('says so when the promise does not even hold before the first fault', async () => {
    const holds = (): void => {
      throw new Error('never');
    };
    await expect(tryFaults({ create, holds })).rejects.toThrow(
      'The promise is broken by no fault at all (seed 1): never',
    );
  });
});

describe('a series of faults', () => {
  it('is the same for the same seed', () => {
    expect(randomStrikes(7, ['a', 'b'], 50)).toEqual(randomStrikes(7, ['a', 'b'], 50));
    expect(randomStrikes(7, ['a', 'b'], 50)).not.toEqual(randomStrikes(8, ['a', 'b'], 50));
  });

  it('leads to the same end whenever it is tried', async () => {
    const play = async () => {
      const pretended = await create();
      for (const strike of randomStrikes(3, ['store', 'mail', 'search'], 60)) await inject(pretended, strike);
      return JSON.stringify(pretended.env.statuses());
    };
    expect(await play()).toBe(await play());
  });

  it('can be made by fast-check', async () => {
    const strike = fc.record({
      do: fc.constantFrom(...strikeNames),
      plugin: fc.constantFrom('store', 'mail', 'search'),
      ms: fc.nat(60_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(strike, { maxLength: 20 }), async (strikes) => {
        const pretended = await create();
        for (const one of strikes) await inject(pretended, one);
        await pretended.shutdown();
        expect(pretended.processes()).toEqual([]);
        expect(pretended.clock.next()).toBeNull();
      }),
      { numRuns: 30, seed: 20_261_126 },
    );
  });
});
