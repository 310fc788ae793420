import {
  createSimulatedEnvironment,
  startsIn,
  type SimulatedEnvironment,
} from '../../../src/testing/index.js';

/** A one-for-all group of three plugins, each of which requires the one before it. */
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

describe('the explanation of a pending plugin', () => {
  it('names the requirement that it waits for now, not the first one', async () => {
    const { env, runUntil, runUntilSettled } = await shop(null);
    const causes: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.status' && event.plugin === 'sign') causes.push(event.because);
    });
    const started = env.activate('sign');
    expect(env.explain('sign').summary).toBe(
      'It is wanted, but not started yet: it waits for store, which it requires.',
    );
    await runUntil('api', 'handshaking');
    expect(env.explain('sign').summary).toBe(
      'It is wanted, but not started yet: it waits for api, which it requires.',
    );
    expect(causes).toEqual(['requirement.awaited store', 'requirement.awaited api']);
    await runUntilSettled(started);
  });

  it('has the time of each change in its history', async () => {
    const { env, clock, runUntilSettled } = await shop(null);
    await runUntilSettled(env.activate('sign'));
    const entries = env.explain('sign').history.filter(({ state }) => state === 'pending');
    expect(entries.map(({ at }) => at)).toEqual([0, 100]);
    expect(clock.now()).toBeGreaterThanOrEqual(200);
  });
});

describe('the explanation of a plugin whose group restarts', () => {
  it('names the plugin that exited, and does not call it a sibling of itself', async () => {
    const { env, runUntilSettled, crash, runUntil } = await shop(null);
    await runUntilSettled(env.activateAll());
    crash('store');
    await runUntil('api', 'restarting');
    expect(env.explain('api').summary).toMatch(
      /^It restarts with its group: its sibling store has exited\. /,
    );
    expect(env.explain('store').summary).toMatch(
      /^It restarts with its group: its group is restarted, because it has exited\. /,
    );
  });

  it('says that the supervisor decides what follows, while it is crashed', async () => {
    const { env, runUntilSettled, crash, runUntil } = await shop(null);
    await runUntilSettled(env.activateAll());
    const summaries: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.status' && event.status.state === 'crashed')
        summaries.push(env.explain('store').summary);
    });
    crash('store');
    await runUntil('store', 'healthy');
    expect(summaries).toEqual([
      expect.stringMatching(/^It has exited, and its supervisor decides what follows\. /),
    ]);
  });
});

describe('the explanation of a plugin whose group gave up', () => {
  it('names the group as the cause, and has a hint', async () => {
    const { env, runUntilSettled, crash, runUntil } = await shop(0);
    await runUntilSettled(env.activateAll());
    crash('api');
    await runUntil('sign', 'failed');
    const { summary, hint } = env.explain('sign');
    expect(summary).toContain('It failed because its group gave up.');
    expect(hint).toContain('activate any of its plugins');
    expect(env.explain('api').hint).not.toBe(hint);
  });

  it('has an entry for the group that is started again', async () => {
    const { env, runUntilSettled, crash, runUntil } = await shop(0);
    await runUntilSettled(env.activateAll());
    crash('store');
    await runUntil('sign', 'failed');
    await runUntilSettled(env.activate('store'));
    expect(env.explain('api').history.map(({ because }) => because)).toContain('its group is started again');
  });
});
