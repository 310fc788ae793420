import { emitExit, completeStart } from '../../../src/testing/index.js';
import { defaultPlugin, createTreeWithPlugin, type SimulatedTree } from '../../support/simulated-tree.js';

const quiet = { restart: { backoff: { jitter: 'none', firstMs: 60_000 } } } as const;

/** A story whose plugin has crashed and waits a minute for its restart. */
function waiting(): SimulatedTree {
  const story = createTreeWithPlugin(quiet);
  story.activate();
  completeStart(story.simulator);
  emitExit(story.simulator, { code: 1 });
  story.advance(10_000);
  return story;
}

describe('a policy that changes while a restart is due', () => {
  it('measures the pause anew, from the crash', () => {
    const story = waiting();
    story.setPolicy(quiet, { restart: { backoff: { firstMs: 15_000 } } });
    expect(story.status()).toMatchObject({ state: 'restarting', retryAt: 15_000, since: 0, restarts: 1 });
    story.advance(4999);
    expect(story.state()).toBe('restarting');
    story.advance(1);
    expect(story.status()).toMatchObject({ state: 'spawning', generation: 2 });
  });

  it('restarts at once when the new pause has passed already', () => {
    const story = waiting();
    story.setPolicy(quiet, { restart: { backoff: { firstMs: 3000 } } });
    story.advance(0);
    expect(story.state()).toBe('spawning');
  });

  it('never puts the restart off', () => {
    const story = waiting();
    story.setPolicy(quiet, { restart: { backoff: { firstMs: 600_000 } } });
    expect(story.status().retryAt).toBe(60_000);
    story.advance(50_000);
    expect(story.state()).toBe('spawning');
  });

  it('does not take back the verdict, but holds for the next one', () => {
    const story = waiting();
    story.setPolicy(quiet, { restart: { restart: 'temporary' } });
    story.advance(50_000);
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 1 });
    expect(story.status()).toMatchObject({ state: 'crashed', wanted: false });
  });
});

describe('a policy that changes after giving up', () => {
  const once = { restart: { intensity: 0, halfOpenAfterMs: 60_000 } };

  function givenUp(supervision = once): SimulatedTree {
    const story = createTreeWithPlugin(supervision);
    story.activate();
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 1 });
    expect(story.state()).toBe('failed');
    story.advance(10_000);
    return story;
  }

  it('moves the half-open try, counted from giving up', () => {
    const story = givenUp();
    story.setPolicy({ restart: { intensity: 0, halfOpenAfterMs: 90_000 } });
    expect(story.status()).toMatchObject({ state: 'failed', retryAt: 90_000, since: 0 });
    story.advance(79_999);
    expect(story.state()).toBe('failed');
    story.advance(1);
    expect(story.state()).toBe('spawning');
  });

  it('tries at once when the new time has passed already', () => {
    const story = givenUp();
    story.setPolicy({ restart: { intensity: 0, halfOpenAfterMs: 5000 } });
    story.advance(0);
    expect(story.state()).toBe('spawning');
  });

  it('takes the try back, and gives one where there was none', () => {
    const story = givenUp();
    story.setPolicy({ restart: { halfOpenAfterMs: null } });
    story.advance(24 * 60 * 60_000);
    expect(story.status()).toMatchObject({ state: 'failed', retryAt: null });
    story.setPolicy(once);
    story.advance(0);
    expect(story.state()).toBe('spawning');
  });

  it('does not bring it back by a larger budget alone', () => {
    const story = givenUp();
    story.setPolicy({ restart: { intensity: 10 } });
    story.advance(1000);
    expect(story.state()).toBe('failed');
  });
});

describe('a policy that changes while a plugin serves', () => {
  it('lets the probe that is due come, and takes the new rhythm from then on', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    story.advance(1000);
    story.setPolicy({ health: { intervalMs: 500, deadlineMs: 100, misses: 1 } });
    expect(story.status()).toMatchObject({ state: 'healthy', generation: 1, since: 0 });
    story.advance(3999);
    expect(story.simulator.isRunning('probe')).toBe(false);
    story.advance(1);
    story.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
    story.advance(499);
    expect(story.simulator.isRunning('probe')).toBe(false);
    story.advance(1);
    expect(story.simulator.isRunning('probe')).toBe(true);
    story.advance(100);
    expect(story.status()).toMatchObject({ state: 'stopping', health: { missed: 1 } });
  });

  it('leaves a probe that is under way its deadline', () => {
    const story = createTreeWithPlugin({ health: { misses: 1 } });
    story.activate();
    completeStart(story.simulator);
    story.advance(5000);
    story.setPolicy({ health: { misses: 1, deadlineMs: 10 } });
    story.advance(1999);
    expect(story.state()).toBe('healthy');
    story.advance(1);
    expect(story.state()).toBe('stopping');
  });

  it('lets failures go on counting, against the new budget', () => {
    const story = createTreeWithPlugin();
    story.activate();
    for (let crash = 0; crash < 2; crash += 1) {
      completeStart(story.simulator);
      emitExit(story.simulator, { code: 1 });
      story.advance(1000);
    }
    completeStart(story.simulator);
    story.setPolicy({ restart: { intensity: 2 } });
    emitExit(story.simulator, { code: 1 });
    expect(story.state()).toBe('failed');
  });
});

describe('a policy that changes on the way up or down', () => {
  it('leaves a start its limit, and says so', () => {
    const story = createTreeWithPlugin();
    story.activate();
    story.simulator
      .running('process')
      .emit({ type: 'process.started', process: { pid: 1, startedAt: 0, stderrTail: () => '' } });
    story.setPolicy({ deadlines: { startMs: 100 } });
    story.advance(14_999);
    expect(story.state()).toBe('handshaking');
    story.advance(1);
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status()).toMatchObject({
      state: 'restarting',
      error: { code: 'START_TIMEOUT', message: 'The plugin printed no handshake line within 15000 ms.' },
    });
    story.advance(0);
    story.advance(100);
    expect(story.status().error).toMatchObject({ code: 'START_TIMEOUT', facts: { startMs: 100 } });
  });

  it('leaves a rung that runs its deadline, and the next one has the new', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    story.deactivate();
    expect(story.status()).toMatchObject({ state: 'stopping' });
    story.setPolicy({ deadlines: { drainMs: 0, shutdownMs: 100 } });
    story.advance(4999);
    expect(story.simulator.isRunning('drain')).toBe(true);
    story.advance(1);
    expect(story.simulator.isRunning('shutdown')).toBe(true);
    story.advance(99);
    expect(story.simulator.isRunning('signal')).toBe(false);
    story.advance(1);
    expect(story.simulator.running('signal').detail).toBe('SIGTERM');
  });

  it('changes nothing for a plugin that rests, until it is activated', () => {
    const story = createTreeWithPlugin();
    story.setPolicy({ restart: { restart: 'temporary' }, deadlines: { startMs: 7 } });
    expect(story.status()).toMatchObject({ id: defaultPlugin, state: 'idle', since: 0 });
    story.activate();
    story.advance(7);
    expect(story.status()).toMatchObject({ state: 'crashed', error: { code: 'START_TIMEOUT' } });
  });
});
