import { emitExit, completeStart } from '../../../src/testing/index.js';
import { defaultPlugin, createTreeWithPlugin, type SimulatedTree } from '../../support/simulated-tree.js';

const quiet = { restart: { backoff: { jitter: 'none', firstMs: 60_000 } } } as const;

/** A plugin that has crashed and is restarted in a minute. */
function waiting(): SimulatedTree {
  const tree = createTreeWithPlugin(quiet);
  tree.activate();
  completeStart(tree.simulator);
  emitExit(tree.simulator, { code: 1 });
  tree.advance(10_000);
  return tree;
}

describe('a policy that changes while a restart is due', () => {
  it('measures the pause anew, from the crash', () => {
    const tree = waiting();
    tree.setPolicy(quiet, { restart: { backoff: { firstMs: 15_000 } } });
    expect(tree.status()).toMatchObject({ state: 'restarting', retryAt: 15_000, since: 0, restarts: 1 });
    tree.advance(4999);
    expect(tree.state()).toBe('restarting');
    tree.advance(1);
    expect(tree.status()).toMatchObject({ state: 'spawning', generation: 2 });
  });

  it('restarts at once when the new pause has passed already', () => {
    const tree = waiting();
    tree.setPolicy(quiet, { restart: { backoff: { firstMs: 3000 } } });
    tree.advance(0);
    expect(tree.state()).toBe('spawning');
  });

  it('never puts the restart off', () => {
    const tree = waiting();
    tree.setPolicy(quiet, { restart: { backoff: { firstMs: 600_000 } } });
    expect(tree.status().retryAt).toBe(60_000);
    tree.advance(50_000);
    expect(tree.state()).toBe('spawning');
  });

  it('does not change the decision, but applies to the next one', () => {
    const tree = waiting();
    tree.setPolicy(quiet, { restart: { restart: 'temporary' } });
    tree.advance(50_000);
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    expect(tree.status()).toMatchObject({ state: 'crashed', wanted: false });
  });
});

describe('a policy that changes after giving up', () => {
  const once = { restart: { intensity: 0, halfOpenAfterMs: 60_000 } };

  function givenUp(supervision = once): SimulatedTree {
    const tree = createTreeWithPlugin(supervision);
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    expect(tree.state()).toBe('failed');
    tree.advance(10_000);
    return tree;
  }

  it('moves the half-open try, counted from giving up', () => {
    const tree = givenUp();
    tree.setPolicy({ restart: { intensity: 0, halfOpenAfterMs: 90_000 } });
    expect(tree.status()).toMatchObject({ state: 'failed', retryAt: 90_000, since: 0 });
    tree.advance(79_999);
    expect(tree.state()).toBe('failed');
    tree.advance(1);
    expect(tree.state()).toBe('spawning');
  });

  it('tries at once when the new time has passed already', () => {
    const tree = givenUp();
    tree.setPolicy({ restart: { intensity: 0, halfOpenAfterMs: 5000 } });
    tree.advance(0);
    expect(tree.state()).toBe('spawning');
  });

  it('takes the try back, and gives one where there was none', () => {
    const tree = givenUp();
    tree.setPolicy({ restart: { halfOpenAfterMs: null } });
    tree.advance(24 * 60 * 60_000);
    expect(tree.status()).toMatchObject({ state: 'failed', retryAt: null });
    tree.setPolicy(once);
    tree.advance(0);
    expect(tree.state()).toBe('spawning');
  });

  it('does not start it because of a larger intensity alone', () => {
    const tree = givenUp();
    tree.setPolicy({ restart: { intensity: 10 } });
    tree.advance(1000);
    expect(tree.state()).toBe('failed');
  });
});

describe('a policy that changes while a plugin serves', () => {
  it('lets the probe that is due come, and takes the new rhythm from then on', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    tree.advance(1000);
    tree.setPolicy({ health: { intervalMs: 500, deadlineMs: 100, misses: 1 } });
    expect(tree.status()).toMatchObject({ state: 'healthy', generation: 1, since: 0 });
    tree.advance(3999);
    expect(tree.simulator.isRunning('probe')).toBe(false);
    tree.advance(1);
    tree.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
    tree.advance(499);
    expect(tree.simulator.isRunning('probe')).toBe(false);
    tree.advance(1);
    expect(tree.simulator.isRunning('probe')).toBe(true);
    tree.advance(100);
    expect(tree.status()).toMatchObject({ state: 'stopping', health: { missed: 1 } });
  });

  it('leaves a probe that is under way its deadline', () => {
    const tree = createTreeWithPlugin({ health: { misses: 1 } });
    tree.activate();
    completeStart(tree.simulator);
    tree.advance(5000);
    tree.setPolicy({ health: { misses: 1, deadlineMs: 10 } });
    tree.advance(1999);
    expect(tree.state()).toBe('healthy');
    tree.advance(1);
    expect(tree.state()).toBe('stopping');
  });

  it('keeps counting failures, against the new intensity', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    for (let crash = 0; crash < 2; crash += 1) {
      completeStart(tree.simulator);
      emitExit(tree.simulator, { code: 1 });
      tree.advance(1000);
    }
    completeStart(tree.simulator);
    tree.setPolicy({ restart: { intensity: 2 } });
    emitExit(tree.simulator, { code: 1 });
    expect(tree.state()).toBe('failed');
  });
});

describe('a policy that changes on the way up or down', () => {
  it('leaves a start its limit, and says so', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    tree.simulator.running('process').emit({
      type: 'process.started',
      process: { pid: 1, startedAt: 0, stderrTail: () => '', lastPrinted: () => null },
    });
    tree.setPolicy({ deadlines: { startMs: 100 } });
    tree.advance(14_999);
    expect(tree.state()).toBe('handshaking');
    tree.advance(1);
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status()).toMatchObject({
      state: 'restarting',
      error: { code: 'START_TIMEOUT', message: 'The plugin printed no handshake line within 15000 ms.' },
    });
    tree.advance(0);
    tree.advance(100);
    expect(tree.status().error).toMatchObject({ code: 'START_TIMEOUT', facts: { startMs: 100 } });
  });

  it('does not change the deadline of the current stop step, but of the next one', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    tree.deactivate();
    expect(tree.status()).toMatchObject({ state: 'stopping' });
    tree.setPolicy({ deadlines: { drainMs: 0, shutdownMs: 100 } });
    tree.advance(4999);
    expect(tree.simulator.isRunning('drain')).toBe(true);
    tree.advance(1);
    expect(tree.simulator.isRunning('shutdown')).toBe(true);
    tree.advance(99);
    expect(tree.simulator.isRunning('signal')).toBe(false);
    tree.advance(1);
    expect(tree.simulator.running('signal').detail).toBe('SIGTERM');
  });

  it('changes nothing for an idle plugin until it is activated', () => {
    const tree = createTreeWithPlugin();
    tree.setPolicy({ restart: { restart: 'temporary' }, deadlines: { startMs: 7 } });
    expect(tree.status()).toMatchObject({ id: defaultPlugin, state: 'idle', since: 0 });
    tree.activate();
    tree.advance(7);
    expect(tree.status()).toMatchObject({ state: 'crashed', error: { code: 'START_TIMEOUT' } });
  });
});
