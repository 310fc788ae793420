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
  const story = createTreeWithPlugin(supervision);
  story.activate();
  completeStart(story.simulator);
  return story;
}

function pass(story: SimulatedTree, ms = 1): void {
  const fresh = story.simulator.isRunning('redial');
  story.simulator.running(fresh ? 'redial' : 'probe').emit({ type: 'probe.passed', ms });
}

/** One probe that nobody answers, from its beginning to the beginning of the next. */
function miss(story: SimulatedTree): void {
  story.advance(silentMs);
  story.advance(retryMs);
}

describe('the startup of a plugin', () => {
  it('has a rhythm and a deadline of its own', () => {
    const story = createTreeWithPlugin({
      health: { startIntervalMs: 300, startDeadlineMs: 700, deadlineMs: 9000 },
    });
    story.activate();
    const { simulator } = story;
    simulator.running('process').emit({
      type: 'process.started',
      process: { pid: 1, startedAt: 0, stderrTail: () => '' },
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
    story.advance(699);
    expect(simulator.isRunning('probe')).toBe(true);
    story.advance(1);
    expect(simulator.isRunning('probe')).toBe(false);
    story.advance(300);
    expect(simulator.isRunning('probe')).toBe(true);
  });
});

describe('the liveness of a plugin', () => {
  it('is probed in its interval', () => {
    const story = healthyPlugin();
    expect(story.simulator.isRunning('probe')).toBe(false);
    story.advance(intervalMs);
    pass(story, 7);
    expect(story.status().health).toEqual({
      passed: 1,
      missed: 0,
      excused: 0,
      lastExcuse: null,
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
    const story = createTreeWithPlugin({}, random);
    story.activate();
    completeStart(story.simulator);
    story.advance(ms - 1);
    expect(story.simulator.isRunning('probe')).toBe(false);
    story.advance(1);
    expect(story.simulator.isRunning('probe')).toBe(true);
  });

  it('is lost after three missed deadlines, and is not asked politely then', () => {
    const story = healthyPlugin();
    story.advance(intervalMs);
    for (let round = 0; round < 3; round += 1) {
      expect(story.state()).toBe('healthy');
      miss(story);
    }
    expect(story.snapshot().value).toEqual({ live: { stopping: 'terminating' } });
    emitExit(story.simulator, { signal: 'SIGTERM' });
    expect(story.status().lastExit).toMatchObject({ kind: 'hang', error: { code: 'HEALTH_TIMEOUT' } });
  });

  it('is not called hanging when its exit follows a broken probe', () => {
    const story = healthyPlugin({ restart: { restart: 'temporary' }, health: { misses: 1 } });
    story.advance(intervalMs);
    story.simulator.running('probe').emit({ type: 'probe.failed', error: reset });
    story.advance(49);
    emitExit(story.simulator, { signal: 'SIGSEGV' });
    expect(story.status().lastExit).toMatchObject({
      kind: 'signal',
      signal: 'SIGSEGV',
      error: { code: 'PLUGIN_CRASHED' },
    });
  });

  it('forgets misses after one good probe', () => {
    const story = healthyPlugin();
    for (let round = 0; round < 12; round += 1) {
      story.advance(intervalMs);
      miss(story);
      miss(story);
      pass(story);
      expect(story.state()).toBe('healthy');
    }
  });

  it('is seen in an answer of NOT_SERVING: who says so is not lost', () => {
    const story = healthyPlugin({ health: { misses: 1, notServingMs: null } });
    for (let round = 0; round < 5; round += 1) {
      story.advance(intervalMs);
      story.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    }
    expect(story.status()).toMatchObject({ state: 'healthy', health: { missed: 0 } });
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
    const story = createTreeWithPlugin(
      { preset, health: { watch: false, freshDialEvery: null } },
      1 - Number.EPSILON,
    );
    story.activate();
    completeStart(story.simulator);
    const promised = hangFoundWithinMs(health, excused);
    const busyUntil = excused === 'all' ? health.excuses : 0;
    while (story.clock.now() < promised - 1) {
      expect(story.state()).toBe('healthy');
      if (story.status().health.excused < busyUntil) story.simulator.addBusyTime(health.deadlineMs);
      story.advance(1);
    }
    story.advance(1);
    expect(story.state()).toBe('stopping');
  });
});

describe('a missed probe', () => {
  it('does not count while the plugin answers calls, and is told with its excuse', () => {
    const story = healthyPlugin();
    story.advance(intervalMs);
    story.simulator.countAnsweredCall();
    miss(story);
    expect(story.status().health).toMatchObject({ missed: 0, excused: 1, lastExcuse: 'calls' });
  });

  it('does not count when the host was too busy to listen', () => {
    const story = healthyPlugin();
    story.advance(intervalMs);
    story.simulator.addBusyTime(1700);
    miss(story);
    expect(story.status().health).toMatchObject({ missed: 0, excused: 1, lastExcuse: 'busyHost' });
  });

  it('does not count when the machine slept', () => {
    const story = healthyPlugin();
    story.advance(intervalMs);
    story.simulator.sleep(8 * 60 * 60_000);
    miss(story);
    expect(story.status().health).toMatchObject({ missed: 0, excused: 1, lastExcuse: 'wakeUp' });
  });

  it('does not count when its deadline came late, as the host was stopped', () => {
    const story = healthyPlugin();
    story.advance(intervalMs);
    story.stall(60_000);
    expect(story.status().health).toMatchObject({ missed: 0, excused: 1, lastExcuse: 'wakeUp' });
  });

  it('is excused only so often: a frozen plugin is found under a busy host, too', () => {
    const story = healthyPlugin();
    story.advance(intervalMs);
    for (let round = 0; round < 6; round += 1) {
      expect(story.state()).toBe('healthy');
      story.simulator.addBusyTime(silentMs);
      miss(story);
    }
    expect(story.state()).toBe('stopping');
    expect(story.status().health).toMatchObject({ missed: 3, excused: 3 });
  });

  it('has all its excuses again after a good probe', () => {
    const story = healthyPlugin();
    for (let round = 0; round < 8; round += 1) {
      story.advance(intervalMs);
      for (let excuse = 0; excuse < 3; excuse += 1) {
        story.simulator.addBusyTime(silentMs);
        miss(story);
      }
      pass(story);
    }
    expect(story.status().health).toMatchObject({ missed: 0, excused: 24 });
  });

  it('is never excused under mattermost', () => {
    const story = healthyPlugin({ preset: 'mattermost' });
    story.advance(30_000);
    story.simulator.addBusyTime(silentMs);
    story.simulator.countAnsweredCall();
    story.advance(silentMs);
    expect(story.status().health).toMatchObject({ missed: 1, excused: 0 });
  });
});

describe('a fresh dial', () => {
  /** Passes all probes before the one that connects anew. */
  function upToTheDial(supervision?: SupervisionOptions): SimulatedTree {
    const story = healthyPlugin(supervision);
    for (let probe = 1; probe < 6; probe += 1) {
      story.advance(intervalMs);
      expect(story.simulator.isRunning('redial')).toBe(false);
      pass(story);
    }
    story.advance(intervalMs);
    expect(story.simulator.isRunning('redial')).toBe(true);
    return story;
  }

  it('takes the place of every sixth probe', () => {
    const story = upToTheDial();
    pass(story);
    story.advance(intervalMs);
    expect(story.simulator.isRunning('redial')).toBe(false);
    expect(story.status().health.passed).toBe(6);
  });

  it('is repeated while it fails: the old connection says nothing about new ones', () => {
    const story = upToTheDial();
    for (let round = 0; round < 3; round += 1) {
      story.simulator.running('redial').emit({ type: 'probe.failed', error: unreachable });
      story.advance(200);
      story.advance(retryMs);
    }
    expect(story.snapshot().value).toEqual({ live: { stopping: 'requestingShutdown' } });
    emitExit(story.simulator, { code: 0 });
    expect(story.status().lastExit).toMatchObject({ kind: 'hang', error: { code: 'CONNECT_FAILED' } });
  });

  it('is not excused by calls, which go over the old connection', () => {
    const story = upToTheDial();
    story.simulator.countAnsweredCall();
    story.simulator.running('redial').emit({ type: 'probe.failed', error: unreachable });
    story.advance(200);
    expect(story.status().health).toMatchObject({ missed: 1, excused: 0 });
  });

  it('is forgotten when it succeeds the next time', () => {
    const story = upToTheDial();
    story.simulator.running('redial').emit({ type: 'probe.failed', error: unreachable });
    story.advance(200);
    story.advance(retryMs);
    pass(story);
    story.advance(intervalMs);
    expect(story.simulator.isRunning('probe')).toBe(true);
  });

  it('is not tried on a plugin that multiplexes, which takes one connection, ever', () => {
    const story = createTreeWithPlugin({ health: { freshDialEvery: 1 } });
    story.activate();
    completeStart(story.simulator, defaultPlugin, 4711, { multiplexed: true });
    story.advance(intervalMs);
    expect(story.simulator.isRunning('redial')).toBe(false);
    expect(story.simulator.isRunning('probe')).toBe(true);
  });
});

describe('the readiness of a plugin', () => {
  it('is lost and found without a restart, and the plugin is healthy all the time', () => {
    const story = healthyPlugin({ health: { misses: 100 } });
    expect(story.status()).toMatchObject({ state: 'healthy', ready: true, error: null });
    story.simulator.running('watch').emit({ type: 'watch.notServing', error: notServing });
    expect(story.status()).toMatchObject({
      state: 'healthy',
      ready: false,
      error: { code: 'NOT_SERVING', plugin: defaultPlugin },
      health: { notServingSince: 0, notServingUntil: 30_000, watched: true },
    });
    story.advance(29_999);
    story.simulator.running('watch').emit({ type: 'watch.serving' });
    expect(story.status()).toMatchObject({
      state: 'healthy',
      ready: true,
      error: null,
      health: { notServingSince: null },
    });
  });

  it('is told by probes where the plugin does not tell it by itself', () => {
    const story = healthyPlugin();
    story.simulator.running('watch').emit({ type: 'watch.unavailable' });
    expect(story.simulator.isRunning('watch')).toBe(false);
    story.advance(intervalMs);
    story.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    expect(story.status()).toMatchObject({ ready: false, health: { watched: false, missed: 0 } });
    story.advance(intervalMs);
    pass(story);
    expect(story.status()).toMatchObject({ ready: true });
  });

  it('may be lacking for so long only, and then the plugin is asked to end', () => {
    const story = healthyPlugin();
    story.simulator.running('watch').emit({ type: 'watch.notServing', error: notServing });
    for (let probe = 0; probe < 5; probe += 1) {
      story.advance(intervalMs);
      story.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    }
    story.advance(intervalMs - 1);
    expect(story.state()).toBe('healthy');
    story.advance(1);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'requestingShutdown' } });
    emitExit(story.simulator, { code: 0 });
    expect(story.status().lastExit).toMatchObject({ kind: 'health', error: { code: 'NOT_SERVING' } });
  });

  it('may be lacking for ever where the policy says so', () => {
    const story = healthyPlugin({ preset: 'mattermost' });
    for (let probe = 0; probe < 100; probe += 1) {
      story.advance(30_000);
      story.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    }
    expect(story.status()).toMatchObject({ state: 'healthy', ready: false });
  });

  it('ends the plugin at once where the policy has no patience', () => {
    const story = healthyPlugin({ health: { notServingMs: 0 } });
    story.simulator.running('watch').emit({ type: 'watch.notServing', error: notServing });
    story.advance(0);
    expect(story.state()).toBe('stopping');
  });

  it('is nothing that a plugin without a process has', () => {
    const story = healthyPlugin({ restart: { restart: 'temporary' } });
    story.simulator.running('watch').emit({ type: 'watch.notServing', error: notServing });
    emitExit(story.simulator, { code: 1 });
    expect(story.status()).toMatchObject({
      state: 'crashed',
      ready: false,
      health: { notServingSince: null, notServingUntil: null },
    });
  });
});

describe('a plugin that tells its changes by itself', () => {
  it('is probed all the same: a frozen one tells none', () => {
    const story = healthyPlugin();
    story.simulator.running('watch').emit({ type: 'watch.serving' });
    story.advance(intervalMs);
    for (let round = 0; round < 3; round += 1) miss(story);
    expect(story.state()).toBe('stopping');
  });

  it('is asked again after the interval when it ceases to', () => {
    const story = healthyPlugin();
    story.simulator.running('watch').emit({ type: 'watch.serving' });
    story.simulator.running('watch').emit({ type: 'watch.ended' });
    expect(story.simulator.isRunning('watch')).toBe(false);
    story.advance(intervalMs);
    expect(story.simulator.isRunning('watch')).toBe(true);
    expect(story.status()).toMatchObject({ state: 'healthy', ready: true });
  });

  it('is not asked to where the policy says so', () => {
    const story = healthyPlugin({ health: { watch: false } });
    expect(story.simulator.isRunning('watch')).toBe(false);
    expect(story.status().health.watched).toBeNull();
  });
});
