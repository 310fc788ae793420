import fc from 'fast-check';
import {
  createSimulatedEnvironment,
  injectFault,
  randomFaults,
  faultNames,
  tryFaults,
  type SimulatedEnvironment,
} from '../../../src/testing/index.js';

const create = async (): Promise<SimulatedEnvironment> => {
  const pretended = await createSimulatedEnvironment({
    plugins: { store: {}, mail: { requires: ['store'] }, search: {} },
    policy: { health: { intervalMs: 300_000 }, restart: { intensity: 1 } },
  });
  await pretended.runUntilSettled(pretended.env.activateAll());
  return pretended;
};

describe('tryFaults', () => {
  it('tries every kind of fault, and finds that the promises of Espalier hold', async () => {
    const states = new Set<string>();
    const holds = ({ env }: SimulatedEnvironment): void => {
      for (const { state } of env.statuses()) states.add(state);
    };
    const { runs, hits } = await tryFaults({ create, check: holds, runs: 10 });
    expect(runs).toBe(10);
    for (const name of faultNames) expect(hits[name]).toBeGreaterThan(2);
    for (const state of ['healthy', 'restarting', 'failed']) expect([...states]).toContain(state);
  }, 30_000);

  it('shortens what breaks a promise to the faults that it needs, and names the seed', async () => {
    const thrown = new Error('the store is away');
    const holds = ({ env }: SimulatedEnvironment): void => {
      if (env.status('store').state === 'restarting') throw thrown;
    };
    const failure = await tryFaults({ create, check: holds }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ cause: thrown });
    expect((failure as Error).message).toMatch(
      /^The promise is broken by (crash|kill|runOutOfMemory) store \(seed \d+\): the store is away$/,
    );
  });

  it('says so when the promise does not even hold before the first fault', async () => {
    const holds = (): void => {
      throw new Error('never');
    };
    await expect(tryFaults({ create, check: holds })).rejects.toThrow(
      'The promise is broken by no fault at all (seed 1): never',
    );
  });
});

describe('a series of faults', () => {
  it('is the same for the same seed', () => {
    expect(randomFaults(7, ['a', 'b'], 50)).toEqual(randomFaults(7, ['a', 'b'], 50));
    expect(randomFaults(7, ['a', 'b'], 50)).not.toEqual(randomFaults(8, ['a', 'b'], 50));
  });

  it('leads to the same end whenever it is tried', async () => {
    const play = async () => {
      const pretended = await create();
      for (const strike of randomFaults(3, ['store', 'mail', 'search'], 60))
        await injectFault(pretended, strike);
      return JSON.stringify(pretended.env.statuses());
    };
    expect(await play()).toBe(await play());
  });

  it('can be made by fast-check', async () => {
    const strike = fc.record({
      do: fc.constantFrom(...faultNames),
      plugin: fc.constantFrom('store', 'mail', 'search'),
      ms: fc.nat(60_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(strike, { maxLength: 20 }), async (strikes) => {
        const pretended = await create();
        for (const one of strikes) await injectFault(pretended, one);
        await pretended.shutdown();
        expect(pretended.processes()).toEqual([]);
        expect(pretended.clock.nextAt()).toBeNull();
      }),
      { numRuns: 30, seed: 20_261_126 },
    );
  });
});
