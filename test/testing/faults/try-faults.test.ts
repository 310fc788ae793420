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
  const simulated = await createSimulatedEnvironment({
    plugins: { store: {}, mail: { requires: ['store'] }, search: {} },
    policy: { health: { intervalMs: 300_000 }, restart: { intensity: 1 } },
  });
  await simulated.runUntilSettled(simulated.env.activateAll());
  return simulated;
};

describe('tryFaults', () => {
  it('applies every kind of fault, and finds no violated invariant of Espalier', async () => {
    const states = new Set<string>();
    const holds = ({ env }: SimulatedEnvironment): void => {
      for (const { state } of env.statuses()) states.add(state);
    };
    const { runs, hits } = await tryFaults({ create, check: holds, runs: 10 });
    expect(runs).toBe(10);
    for (const name of faultNames) expect(hits[name]).toBeGreaterThan(2);
    for (const state of ['healthy', 'restarting', 'failed']) expect([...states]).toContain(state);
  }, 30_000);

  it('shrinks a violation to the faults that it needs, and names the seed', async () => {
    const thrown = new Error('the store is away');
    const holds = ({ env }: SimulatedEnvironment): void => {
      if (env.status('store').state === 'restarting') throw thrown;
    };
    const failure = await tryFaults({ create, check: holds }).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ cause: thrown });
    expect((failure as Error).message).toMatch(
      /^The invariant is violated by (crash|kill|runOutOfMemory) store \(seed \d+\): the store is away$/,
    );
  });

  it('reports an invariant that is violated before the first fault', async () => {
    const holds = (): void => {
      throw new Error('never');
    };
    await expect(tryFaults({ create, check: holds })).rejects.toThrow(
      'The invariant is violated by no fault (seed 1): never',
    );
  });
});

describe('a sequence of faults', () => {
  it('is the same for the same seed', () => {
    expect(randomFaults(7, ['a', 'b'], 50)).toEqual(randomFaults(7, ['a', 'b'], 50));
    expect(randomFaults(7, ['a', 'b'], 50)).not.toEqual(randomFaults(8, ['a', 'b'], 50));
  });

  it('has the same result each time', async () => {
    const play = async () => {
      const simulated = await create();
      for (const fault of randomFaults(3, ['store', 'mail', 'search'], 60))
        await injectFault(simulated, fault);
      return JSON.stringify(simulated.env.statuses());
    };
    expect(await play()).toBe(await play());
  });

  it('can be made by fast-check', async () => {
    const fault = fc.record({
      do: fc.constantFrom(...faultNames),
      plugin: fc.constantFrom('store', 'mail', 'search'),
      ms: fc.nat(60_000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 20 }), async (faults) => {
        const simulated = await create();
        for (const fault of faults) await injectFault(simulated, fault);
        await simulated.shutdown();
        expect(simulated.processes()).toEqual([]);
        expect(simulated.clock.nextAt()).toBeNull();
      }),
      { numRuns: 30, seed: 20_261_126 },
    );
  });
});
