import {
  createSimulatedEnvironment,
  startsIn,
  type SimulatedEnvironment,
} from '../../../src/testing/index.js';

/** A store, and a shop and its sign that stand on it, restarted as one. */
async function shop(intensity: number | null): Promise<SimulatedEnvironment> {
  const group = 'shop';
  return createSimulatedEnvironment({
    plugins: {
      store: { group, behaviour: startsIn(100) },
      api: { group, requires: ['store'], behaviour: startsIn(100) },
      sign: { group, requires: ['api'] },
    },
    groups: { shop: { strategy: 'one-for-all', intensity } },
    policy: { restart: { backoff: { firstMs: 1000, baseMs: 1000, jitter: 'none' } } },
  });
}

describe('of a plugin that waits, the explanation', () => {
  it('names what it waits for at this moment, and not what it waited for first', async () => {
    const { env, runUntil, runUntilSettled } = await shop(null);
    const told: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.status' && event.plugin === 'sign') told.push(event.because);
    });
    const started = env.activate('sign');
    expect(env.explain('sign').summary).toBe(
      'It is wanted, and not started yet: it waits for store, which it requires.',
    );
    await runUntil('api', 'handshaking');
    expect(env.explain('sign').summary).toBe(
      'It is wanted, and not started yet: it waits for api, which it requires.',
    );
    expect(told).toEqual(['requirement.awaited store', 'requirement.awaited api']);
    await runUntilSettled(started);
  });

  it('says when that has changed', async () => {
    const { env, clock, runUntilSettled } = await shop(null);
    await runUntilSettled(env.activate('sign'));
    const waits = env.explain('sign').history.filter(({ state }) => state === 'pending');
    expect(waits.map(({ at }) => at)).toEqual([0, 100]);
    expect(clock.now()).toBeGreaterThanOrEqual(200);
  });
});

describe('of a group that is restarted, the explanation', () => {
  it('tells who fell, and does not call it a sibling of itself', async () => {
    const { env, runUntilSettled, crash, runUntil } = await shop(null);
    await runUntilSettled(env.activateAll());
    crash('store');
    await runUntil('api', 'restarting');
    expect(env.explain('api').summary).toMatch(
      /^It is started again with its group: its sibling store has ended\. /,
    );
    expect(env.explain('store').summary).toMatch(
      /^It is started again with its group: its group is restarted, as it has ended\. /,
    );
  });

  it('leaves what follows to the supervisor at the moment of the end', async () => {
    const { env, runUntilSettled, crash, runUntil } = await shop(null);
    await runUntilSettled(env.activateAll());
    const told: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.status' && event.status.state === 'crashed')
        told.push(env.explain('store').summary);
    });
    crash('store');
    await runUntil('store', 'healthy');
    expect(told).toEqual([
      expect.stringMatching(/^It has ended, and its supervisor decides what follows\. /),
    ]);
  });
});

describe('of a group that was given up, the explanation', () => {
  it('tells that it was the group, and what to do', async () => {
    const { env, runUntilSettled, crash, runUntil } = await shop(0);
    await runUntilSettled(env.activateAll());
    crash('api');
    await runUntil('sign', 'failed');
    const { summary, hint } = env.explain('sign');
    expect(summary).toContain('It was given up with its group.');
    expect(hint).toContain('activate any plugin of it');
    expect(env.explain('api').hint).not.toBe(hint);
  });

  it('has a word for the group that is tried again', async () => {
    const { env, runUntilSettled, crash, runUntil } = await shop(0);
    await runUntilSettled(env.activateAll());
    crash('store');
    await runUntil('sign', 'failed');
    await runUntilSettled(env.activate('store'));
    expect(env.explain('api').history.map(({ because }) => because)).toContain('its group is tried again');
  });
});
