import { PluginError, type SupervisionOptions } from '../../../src/model/index.js';
import { emitExit, completeStart } from '../../../src/testing/index.js';
import { hangFoundWithinMs, presets } from '../../../src/policy/index.js';
import { defaultPlugin, createTreeWithPlugin, type SimulatedTree } from '../../support/simulated-tree.js';

const silentMs = 2000;
const retryMs = 1000;
const intervalMs = 5000;
const notServing = new PluginError({ code: 'NOT_SERVING', message: 'NOT_SERVING', hint: 'See its log.' });
const reset = new PluginError({ code: 'CALL_UNAVAILABLE', message: 'reset' });
const unreachable = new PluginError({ code: 'CONNECT_FAILED', message: 'its socket is gone' });

function healthyPlugin(supervision?: SupervisionOptions): SimulatedTree {
  const tree = createTreeWithPlugin(supervision);
  tree.activate();
  completeStart(tree.simulator);
  return tree;
}

function pass(tree: SimulatedTree, ms = 1): void {
  const fresh = tree.simulator.isRunning('redial');
  tree.simulator.running(fresh ? 'redial' : 'probe').emit({ type: 'probe.passed', ms });
}

/** One probe without an answer, from its start to the start of the next. */
function miss(tree: SimulatedTree): void {
  tree.advance(silentMs);
  tree.advance(retryMs);
}

describe('the startup of a plugin', () => {
  it('has a rhythm and a deadline of its own', () => {
    const tree = createTreeWithPlugin({
      health: { startIntervalMs: 300, startDeadlineMs: 700, deadlineMs: 9000 },
    });
    tree.activate();
    const { simulator } = tree;
    simulator.running('process').emit({
      type: 'process.started',
      process: { pid: 1, startedAt: 0, stderrTail: () => '', lastPrinted: () => null },
    });
    simulator.running('handshake').emit({
      type: 'handshake.read',
      handshake: {
        coreVersion: 1,
        appVersion: 1,
        network: 'unix',
        address: '/x',
        protocol: 'grpc',
        certificate: null,
        multiplexed: false,
      },
    });
    simulator.running('dial').emit({
      type: 'channel.ready',
      channel: { address: 'unix:/x', transport: 'plaintext', multiplexed: false },
    });
    tree.advance(699);
    expect(simulator.isRunning('probe')).toBe(true);
    tree.advance(1);
    expect(simulator.isRunning('probe')).toBe(false);
    tree.advance(300);
    expect(simulator.isRunning('probe')).toBe(true);
  });
});

describe('the liveness of a plugin', () => {
  it('is probed in its interval', () => {
    const tree = healthyPlugin();
    expect(tree.simulator.isRunning('probe')).toBe(false);
    tree.advance(intervalMs);
    pass(tree, 7);
    expect(tree.status().health).toEqual({
      passed: 1,
      missed: 0,
      excused: 0,
      lastExcuse: null,
      source: 'plugin',
      lastMs: 7,
      watched: null,
      notServingSince: null,
      notServingUntil: null,
    });
  });

  it.each([
    [0, 4500],
    [0.999999, 5500],
  ])('is probed a tenth sooner or later by chance: %d', (random, ms) => {
    const tree = createTreeWithPlugin({}, random);
    tree.activate();
    completeStart(tree.simulator);
    tree.advance(ms - 1);
    expect(tree.simulator.isRunning('probe')).toBe(false);
    tree.advance(1);
    expect(tree.simulator.isRunning('probe')).toBe(true);
  });

  it('is proven by an error that the health service answers, unless its code is also made without an answer', () => {
    const tree = healthyPlugin({ health: { misses: 1, excuses: 0, freshDialEvery: null } });
    for (let round = 0; round < 5; round += 1) {
      tree.advance(intervalMs);
      tree.simulator.running('probe').emit({ type: 'probe.failed', error: reset, grpcCode: 8 });
    }
    expect(tree.status()).toMatchObject({
      state: 'healthy',
      ready: true,
      health: { missed: 0, excused: 5, lastExcuse: 'answered' },
    });
    tree.advance(intervalMs);
    tree.simulator.running('probe').emit({ type: 'probe.failed', error: reset, grpcCode: 14 });
    tree.advance(200);
    expect(tree.state()).toBe('stopping');
  });

  it('is excused while calls are in flight and it greets new connections, up to a limit', () => {
    const health = { misses: 1, excuses: 0, busyMs: 15_000, freshDialEvery: null };
    const tree = healthyPlugin({ health });
    tree.simulator.setCallsInFlight(1);
    tree.advance(intervalMs);
    for (let round = 1; round <= 3; round += 1) {
      tree.advance(silentMs);
      tree.simulator.running('greet').emit({ type: 'greeting.received' });
      expect(tree.status().health).toMatchObject({ excused: round, lastExcuse: 'busyPlugin', missed: 0 });
      tree.advance(retryMs);
    }
    tree.advance(silentMs);
    expect(tree.simulator.isRunning('greet')).toBe(false);
    expect(tree.state()).toBe('stopping');
  });

  it.each([
    [
      'refuses a new connection',
      (tree: SimulatedTree) => {
        tree.simulator.running('greet').emit({ type: 'greeting.failed' });
      },
    ],
    [
      'does not greet one in time',
      (tree: SimulatedTree) => {
        tree.advance(silentMs);
      },
    ],
    [
      'cannot be asked',
      (tree: SimulatedTree) => {
        tree.simulator.running('greet').fail(new Error('x'));
      },
    ],
  ])('is lost when calls are in flight and it %s', (_, respond) => {
    const tree = healthyPlugin({ health: { misses: 1, excuses: 0, freshDialEvery: null } });
    tree.simulator.setCallsInFlight(1);
    tree.advance(intervalMs);
    tree.advance(silentMs);
    respond(tree);
    expect(tree.state()).toBe('stopping');
  });

  it('is lost after three missed deadlines, and is stopped without Shutdown', () => {
    const tree = healthyPlugin();
    tree.advance(intervalMs);
    for (let round = 0; round < 3; round += 1) {
      expect(tree.state()).toBe('healthy');
      miss(tree);
    }
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'terminating' } });
    emitExit(tree.simulator, { signal: 'SIGTERM' });
    expect(tree.status().lastExit).toMatchObject({ kind: 'hang', error: { code: 'HEALTH_TIMEOUT' } });
  });

  it('is not called hanging when its exit follows a broken probe', () => {
    const tree = healthyPlugin({ restart: { restart: 'temporary' }, health: { misses: 1 } });
    tree.advance(intervalMs);
    tree.simulator.running('probe').emit({ type: 'probe.failed', error: reset });
    tree.advance(49);
    emitExit(tree.simulator, { signal: 'SIGSEGV' });
    expect(tree.status().lastExit).toMatchObject({
      kind: 'signal',
      signal: 'SIGSEGV',
      error: { code: 'PLUGIN_CRASHED' },
    });
  });

  it('forgets misses after one good probe', () => {
    const tree = healthyPlugin();
    for (let round = 0; round < 12; round += 1) {
      tree.advance(intervalMs);
      miss(tree);
      miss(tree);
      pass(tree);
      expect(tree.state()).toBe('healthy');
    }
  });

  it('is seen in an answer of NOT_SERVING: who says so is not lost', () => {
    const tree = healthyPlugin({ health: { misses: 1, notServingMs: null } });
    for (let round = 0; round < 5; round += 1) {
      tree.advance(intervalMs);
      tree.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    }
    expect(tree.status()).toMatchObject({ state: 'healthy', health: { missed: 0 } });
  });
});

describe('the time within which a hang is found', () => {
  it.each([
    ['espalier', 0],
    ['espalier', 'all'],
    ['mattermost', 0],
  ] as const)('under %s, with excuses %s, is the one that is promised, and no more', (preset, excused) => {
    const { health } = presets[preset];
    // Every pause is the longest, and the last answer has just come.
    const tree = createTreeWithPlugin(
      { preset, health: { watch: false, freshDialEvery: null } },
      1 - Number.EPSILON,
    );
    tree.activate();
    completeStart(tree.simulator);
    const promised = hangFoundWithinMs(health, excused);
    const busyUntil = excused === 'all' ? health.excuses : 0;
    while (tree.clock.now() < promised - 1) {
      expect(tree.state()).toBe('healthy');
      if (tree.status().health.excused < busyUntil) tree.simulator.addBusyTime(health.deadlineMs);
      tree.advance(1);
    }
    tree.advance(1);
    expect(tree.state()).toBe('stopping');
  });
});

describe('a missed probe', () => {
  it('does not count while the plugin answers calls, and is reported with its excuse', () => {
    const tree = healthyPlugin();
    tree.advance(intervalMs);
    tree.simulator.countAnsweredCall();
    miss(tree);
    expect(tree.status().health).toMatchObject({ missed: 0, excused: 1, lastExcuse: 'calls' });
  });

  it('does not count when the host was too busy to listen', () => {
    const tree = healthyPlugin();
    tree.advance(intervalMs);
    tree.simulator.addBusyTime(1700);
    miss(tree);
    expect(tree.status().health).toMatchObject({ missed: 0, excused: 1, lastExcuse: 'busyHost' });
  });

  it('does not count when the machine slept', () => {
    const tree = healthyPlugin();
    tree.advance(intervalMs);
    tree.simulator.sleep(8 * 60 * 60_000);
    miss(tree);
    expect(tree.status().health).toMatchObject({ missed: 0, excused: 1, lastExcuse: 'wakeUp' });
  });

  it('does not count when its deadline came late, as the host was stopped', () => {
    const tree = healthyPlugin();
    tree.advance(intervalMs);
    tree.stall(60_000);
    expect(tree.status().health).toMatchObject({ missed: 0, excused: 1, lastExcuse: 'wakeUp' });
  });

  it('is excused only so often: a frozen plugin is found under a busy host, too', () => {
    const tree = healthyPlugin();
    tree.advance(intervalMs);
    for (let round = 0; round < 6; round += 1) {
      expect(tree.state()).toBe('healthy');
      tree.simulator.addBusyTime(silentMs);
      miss(tree);
    }
    expect(tree.state()).toBe('stopping');
    expect(tree.status().health).toMatchObject({ missed: 3, excused: 3 });
  });

  it('has all its excuses again after a good probe', () => {
    const tree = healthyPlugin();
    for (let round = 0; round < 8; round += 1) {
      tree.advance(intervalMs);
      for (let excuse = 0; excuse < 3; excuse += 1) {
        tree.simulator.addBusyTime(silentMs);
        miss(tree);
      }
      pass(tree);
    }
    expect(tree.status().health).toMatchObject({ missed: 0, excused: 24 });
  });

  it('is never excused under mattermost', () => {
    const tree = healthyPlugin({ preset: 'mattermost' });
    tree.advance(30_000);
    tree.simulator.addBusyTime(silentMs);
    tree.simulator.countAnsweredCall();
    tree.advance(silentMs);
    expect(tree.status().health).toMatchObject({ missed: 1, excused: 0 });
  });
});

describe('a fresh dial', () => {
  /** Passes all probes before the one that connects anew. */
  function upToTheDial(supervision?: SupervisionOptions): SimulatedTree {
    const tree = healthyPlugin(supervision);
    for (let probe = 1; probe < 6; probe += 1) {
      tree.advance(intervalMs);
      expect(tree.simulator.isRunning('redial')).toBe(false);
      pass(tree);
    }
    tree.advance(intervalMs);
    expect(tree.simulator.isRunning('redial')).toBe(true);
    return tree;
  }

  it('takes the place of every sixth probe', () => {
    const tree = upToTheDial();
    pass(tree);
    tree.advance(intervalMs);
    expect(tree.simulator.isRunning('redial')).toBe(false);
    expect(tree.status().health.passed).toBe(6);
  });

  it('is repeated while it fails: the old connection says nothing about new ones', () => {
    const tree = upToTheDial();
    for (let round = 0; round < 3; round += 1) {
      tree.simulator.running('redial').emit({ type: 'probe.failed', error: unreachable });
      tree.advance(200);
      tree.advance(retryMs);
    }
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'requestingShutdown' } });
    emitExit(tree.simulator, { code: 0 });
    expect(tree.status().lastExit).toMatchObject({ kind: 'hang', error: { code: 'CONNECT_FAILED' } });
  });

  it('is not excused by calls, which go over the old connection', () => {
    const tree = upToTheDial();
    tree.simulator.countAnsweredCall();
    tree.simulator.running('redial').emit({ type: 'probe.failed', error: unreachable });
    tree.advance(200);
    expect(tree.status().health).toMatchObject({ missed: 1, excused: 0 });
  });

  it('no longer counts when the next one succeeds', () => {
    const tree = upToTheDial();
    tree.simulator.running('redial').emit({ type: 'probe.failed', error: unreachable });
    tree.advance(200);
    tree.advance(retryMs);
    pass(tree);
    tree.advance(intervalMs);
    expect(tree.simulator.isRunning('probe')).toBe(true);
  });

  it('is not tried on a plugin that multiplexes, which takes one connection, ever', () => {
    const tree = createTreeWithPlugin({ health: { freshDialEvery: 1 } });
    tree.activate();
    completeStart(tree.simulator, defaultPlugin, 4711, { multiplexed: true });
    tree.advance(intervalMs);
    expect(tree.simulator.isRunning('redial')).toBe(false);
    expect(tree.simulator.isRunning('probe')).toBe(true);
  });
});

describe('the readiness of a plugin', () => {
  it('is lost and found without a restart, and the plugin is healthy all the time', () => {
    const tree = healthyPlugin({ health: { misses: 100 } });
    expect(tree.status()).toMatchObject({ state: 'healthy', ready: true, error: null });
    tree.simulator.running('watch').emit({ type: 'watch.notServing', error: notServing });
    expect(tree.status()).toMatchObject({
      state: 'healthy',
      ready: false,
      error: { code: 'NOT_SERVING', plugin: defaultPlugin },
      health: { notServingSince: 0, notServingUntil: 30_000, watched: true },
    });
    tree.advance(29_999);
    tree.simulator.running('watch').emit({ type: 'watch.serving' });
    expect(tree.status()).toMatchObject({
      state: 'healthy',
      ready: true,
      error: null,
      health: { notServingSince: null },
    });
  });

  it('is found by probes where the plugin does not report changes', () => {
    const tree = healthyPlugin();
    tree.simulator.running('watch').emit({ type: 'watch.unavailable' });
    expect(tree.simulator.isRunning('watch')).toBe(false);
    tree.advance(intervalMs);
    tree.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    expect(tree.status()).toMatchObject({ ready: false, health: { watched: false, missed: 0 } });
    tree.advance(intervalMs);
    pass(tree);
    expect(tree.status()).toMatchObject({ ready: true });
  });

  it('may be lacking until its timeout, and then the plugin is stopped', () => {
    const tree = healthyPlugin();
    tree.simulator.running('watch').emit({ type: 'watch.notServing', error: notServing });
    for (let probe = 0; probe < 5; probe += 1) {
      tree.advance(intervalMs);
      tree.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    }
    tree.advance(intervalMs - 1);
    expect(tree.state()).toBe('healthy');
    tree.advance(1);
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'requestingShutdown' } });
    emitExit(tree.simulator, { code: 0 });
    expect(tree.status().lastExit).toMatchObject({ kind: 'health', error: { code: 'NOT_SERVING' } });
  });

  it('may be lacking for ever where the policy says so', () => {
    const tree = healthyPlugin({ preset: 'mattermost' });
    for (let probe = 0; probe < 100; probe += 1) {
      tree.advance(30_000);
      tree.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    }
    expect(tree.status()).toMatchObject({ state: 'healthy', ready: false });
  });

  it('ends the plugin at once where the policy has no patience', () => {
    const tree = healthyPlugin({ health: { notServingMs: 0 } });
    tree.simulator.running('watch').emit({ type: 'watch.notServing', error: notServing });
    tree.advance(0);
    expect(tree.state()).toBe('stopping');
  });

  it('is nothing that a plugin without a process has', () => {
    const tree = healthyPlugin({ restart: { restart: 'temporary' } });
    tree.simulator.running('watch').emit({ type: 'watch.notServing', error: notServing });
    emitExit(tree.simulator, { code: 1 });
    expect(tree.status()).toMatchObject({
      state: 'crashed',
      ready: false,
      health: { notServingSince: null, notServingUntil: null },
    });
  });
});

describe('a plugin that reports its changes', () => {
  it('is probed too: a frozen one reports none', () => {
    const tree = healthyPlugin();
    tree.simulator.running('watch').emit({ type: 'watch.serving' });
    tree.advance(intervalMs);
    for (let round = 0; round < 3; round += 1) miss(tree);
    expect(tree.state()).toBe('stopping');
  });

  it('is watched again after the interval when its stream ends', () => {
    const tree = healthyPlugin();
    tree.simulator.running('watch').emit({ type: 'watch.serving' });
    tree.simulator.running('watch').emit({ type: 'watch.ended' });
    expect(tree.simulator.isRunning('watch')).toBe(false);
    tree.advance(intervalMs);
    expect(tree.simulator.isRunning('watch')).toBe(true);
    expect(tree.status()).toMatchObject({ state: 'healthy', ready: true });
  });

  it('is not watched where the policy disables it', () => {
    const tree = healthyPlugin({ health: { watch: false } });
    expect(tree.simulator.isRunning('watch')).toBe(false);
    expect(tree.status().health.watched).toBeNull();
  });
});
