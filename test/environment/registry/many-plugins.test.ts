import { createEnvironment, type Environment, type ProgramOptions } from '../../../src/index.js';
import { afterTest } from '../../support/environment.js';

const count = 2500;

async function environmentOf(shape: (index: number) => Partial<ProgramOptions>): Promise<Environment> {
  const programs = Array.from({ length: count }, (_, index) => ({
    id: `p${index}`,
    command: '/bin/true',
    ...shape(index),
  }));
  const env = await createEnvironment({ programs });
  afterTest(() => env.shutdown());
  return env;
}

describe('thousands of plugins', () => {
  it.each<[string, (index: number) => readonly string[], problems: number]>([
    ['without requirements', () => [], 0],
    ['in a chain', (index) => (index === 0 ? [] : [`p${index - 1}`]), 0],
    [
      'in a chain against the order of their ids',
      (index) => (index === count - 1 ? [] : [`p${index + 1}`]),
      0,
    ],
    ['that all require one', (index) => (index === 0 ? [] : ['p0']), 0],
    [
      'of which one requires all others',
      (index) => (index > 0 ? [] : Array.from({ length: count - 1 }, (_, n) => `p${n + 1}`)),
      0,
    ],
    ['in a cycle', (index) => [`p${(index + 1) % count}`], count],
    ['that require what is missing', () => ['nowhere'], count],
  ])(
    '%s are planned, in slices, with short errors',
    async (_, requires, problems) => {
      let turns = 0;
      let isPlanned = false;
      const turn = (): void => {
        turns += 1;
        if (!isPlanned) setImmediate(turn);
      };
      const planning = environmentOf((index) => ({ requires: requires(index) }));
      setImmediate(turn);
      const env = await planning;
      isPlanned = true;
      const errors = env.available().flatMap(({ error }) => (error === null ? [] : [error]));
      expect(errors).toHaveLength(problems);
      for (const error of errors) expect(JSON.stringify(error).length).toBeLessThan(1000);
      // The loop got a turn at least once in 500 plugins that were added.
      expect(turns).toBeGreaterThanOrEqual((count - problems) / 500 - 1);
      expect(() => env.status('unknown')).toThrow(
        expect.objectContaining({ hint: expect.stringMatching(/^.{0,500}$/) as string }) as Error,
      );
    },
    60_000,
  );

  it('in the shape of a chain keep their order', async () => {
    const env = await environmentOf((index) => ({ requires: index === 0 ? [] : [`p${index - 1}`] }));
    expect(env.requiredBy('p2490')).toEqual(Array.from({ length: 9 }, (_, n) => `p${2491 + n}`));
    expect(env.requiredBy('p0')).toHaveLength(count - 1);
  }, 60_000);
});
