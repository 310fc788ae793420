import { PluginError, type ReattachConfig, type SupervisionOptions } from '../../../src/model/index.js';
import {
  emitExit,
  emitSpawnFailure,
  simulatedChannel,
  simulatedProcessHandle,
  completeStart,
} from '../../../src/testing/index.js';
import { defaultPlugin, createTreeWithPlugin, type SimulatedTree } from '../../support/simulated-tree.js';

const config: ReattachConfig = {
  protocol: 'grpc',
  protocolVersion: 3,
  addr: { network: 'unix', string: '/simulated' },
  pid: 4711,
  test: false,
  startTime: '81234@boot',
};
const withoutStartTime: ReattachConfig = { ...config, startTime: undefined };

function beginReattach(given: ReattachConfig, supervision?: SupervisionOptions): SimulatedTree {
  const story = createTreeWithPlugin(supervision);
  story.root.send({ type: 'environment.reattach', plugin: defaultPlugin, config: given });
  return story;
}

function find({ simulator }: SimulatedTree): void {
  simulator.running('process').emit({
    type: 'process.attached',
    process: simulatedProcessHandle(4711, simulator.effects.now()),
    handshake: {
      coreVersion: 1,
      appVersion: 3,
      network: 'unix',
      address: '/simulated',
      protocol: 'grpc',
      certificate: null,
      multiplexed: false,
    },
  });
}

function attach(
  given: ReattachConfig,
  supervision?: SupervisionOptions,
  hooks: readonly string[] | null = null,
): SimulatedTree {
  const story = beginReattach(given, supervision);
  find(story);
  story.simulator.running('dial').emit({ type: 'channel.ready', channel: simulatedChannel() });
  story.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
  story.simulator.running('onActivate').emit({ type: 'hook.returned', hooks });
  return story;
}

function vanish(story: SimulatedTree): void {
  story.advance(200);
  story.simulator.running('pollProcess').emit({ type: 'process.gone' });
}

/** The effects that could end a process. */
function harm({ simulator }: SimulatedTree): readonly string[] {
  return simulator.subscribed.filter((name) => name.startsWith('signal') || name === 'shutdown');
}

describe('a plugin that is reattached', () => {
  it('goes from the process to the dial, without a line', () => {
    const story = attach(config);
    expect(story.simulator.subscribed).toEqual([
      'process',
      // One that outlived its host has pipes to read on from.
      'logs',
      'dial',
      'stdio',
      'broker',
      'probe',
      'onActivate',
      'watch',
    ]);
    expect(story.status()).toMatchObject({
      state: 'healthy',
      wanted: true,
      generation: 1,
      pid: 4711,
      command: null,
      protocolVersion: 3,
      address: 'unix:/simulated',
    });
  });

  it('is looked at again and again, and is there until it is not', () => {
    const story = attach(config, { restart: { restart: 'temporary' } });
    for (let looks = 0; looks < 3; looks += 1) {
      story.advance(200);
      story.simulator.running('pollProcess').emit({ type: 'process.alive' });
    }
    expect(story.state()).toBe('healthy');
    vanish(story);
    expect(story.status()).toMatchObject({
      state: 'crashed',
      pid: null,
      lastExit: {
        kind: 'exit',
        code: null,
        signal: null,
        phase: 'serving',
        error: { code: 'PLUGIN_CRASHED' },
      },
    });
    story.advance(10_000);
    expect(story.simulator.isRunning('pollProcess')).toBe(false);
  });

  it('is followed by an ordinary generation when it ends', () => {
    const story = attach(config);
    vanish(story);
    story.advance(0);
    completeStart(story.simulator, defaultPlugin, 4712);
    expect(story.status()).toMatchObject({ state: 'healthy', generation: 2, pid: 4712 });
    expect(story.simulator.subscribed.slice(-9, -6)).toEqual(['process', 'logs', 'handshake']);
    story.deactivate();
    story.simulator.running('drain').emit({ type: 'drain.finished' });
    expect(story.simulator.isRunning('shutdown')).toBe(true);
    emitExit(story.simulator, { code: 0 });
    expect(story.state()).toBe('idle');
  });

  it('is brought down rung by rung, and its end is found by looking', () => {
    const story = attach(config);
    story.deactivate();
    story.simulator.running('drain').emit({ type: 'drain.finished' });
    story.simulator.running('shutdown').emit({ type: 'shutdown.unsupported' });
    expect(harm(story)).toEqual(['shutdown', 'signal:SIGTERM']);
    vanish(story);
    expect(story.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'exit', stopStep: 'terminating', error: null },
    });
  });

  it('is asked and then let go of, never signalled, when its start time is not known', () => {
    const story = attach(withoutStartTime);
    story.deactivate();
    story.simulator.running('drain').emit({ type: 'drain.finished' });
    story.simulator.running('shutdown').emit({ type: 'shutdown.unsupported' });
    expect(harm(story)).toEqual(['shutdown']);
    expect(story.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'detached', error: { code: 'RUNNER_LOST' } },
    });
  });

  it('is given up, not started a second time, when it hangs and may not be signalled', () => {
    const story = attach(withoutStartTime, { health: { misses: 1 } });
    missHealth(story);
    expect(harm(story)).toEqual([]);
    expect(story.status()).toMatchObject({ state: 'failed', error: { code: 'RUNNER_LOST' } });
    expect(story.simulator.isRunning('process')).toBe(false);
  });
});

describe('a reattach that fails', () => {
  const ways: [string, (story: SimulatedTree) => void][] = [
    [
      'nothing is found',
      (story) => {
        emitSpawnFailure(story.simulator, error('REATTACH_NOT_FOUND'));
      },
    ],
    [
      'nothing is found in time',
      (story) => {
        story.advance(15_000);
      },
    ],
    [
      'it cannot be spoken with',
      (story) => {
        find(story);
        story.simulator.running('dial').emit({ type: 'channel.failed', error: error('CONNECT_FAILED') });
      },
    ],
    [
      'it does not become healthy in time',
      (story) => {
        find(story);
        story.advance(15_000);
      },
    ],
    [
      'its hook fails',
      (story) => {
        find(story);
        story.simulator.running('dial').emit({ type: 'channel.ready', channel: simulatedChannel() });
        story.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
        story.simulator.running('onActivate').emit({ type: 'hook.failed', error: error('HOOK_FAILED') });
      },
    ],
    [
      'an effect breaks before it is found',
      (story) => {
        const ref = story.ref();
        ref.send({ type: 'effect.errored', generation: 1, error: error('CONNECT_FAILED') });
      },
    ],
    [
      'it ends meanwhile',
      (story) => {
        find(story);
        vanish(story);
      },
    ],
  ];

  it.each(ways)('leaves the process alone and starts nothing, here as %s', (__, fail) => {
    const story = beginReattach(config);
    fail(story);
    expect(story.status()).toMatchObject({
      state: 'idle',
      wanted: false,
      pid: null,
      error: { hint: expect.any(String) as string },
    });
    expect(harm(story)).toEqual([]);
    story.advance(60_000);
    expect(story.simulator.count('process')).toBe(0);
    story.activate();
    completeStart(story.simulator);
    expect(story.status()).toMatchObject({ state: 'healthy', generation: 2 });
  });

  it('says in time that the address took no connection', () => {
    const story = beginReattach(config);
    story.advance(15_000);
    expect(story.status().error).toMatchObject({ code: 'REATTACH_NOT_FOUND', plugin: defaultPlugin });
  });

  it('by a deactivation leaves the process alone, before it is found and after', () => {
    for (const found of [false, true]) {
      const story = beginReattach(config);
      if (found) find(story);
      story.deactivate();
      if (!found) find(story);
      expect(story.status()).toMatchObject({ state: 'idle', error: null, lastExit: { kind: 'detached' } });
      expect(harm(story)).toEqual([]);
    }
  });
});

describe('a plugin in test mode', () => {
  const test = { ...config, test: true };

  it('is only let go of, once its calls are finished', () => {
    const story = attach(test);
    story.deactivate();
    expect(story.state()).toBe('stopping');
    story.simulator.running('drain').emit({ type: 'drain.finished' });
    expect(story.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'detached', stopStep: null, error: null },
    });
    expect(harm(story)).toEqual([]);
  });

  it('is told of its deactivation, as it was of its activation', () => {
    const story = attach(test, {}, ['OnDeactivate']);
    story.deactivate();
    story.simulator.running('drain').emit({ type: 'drain.finished' });
    story.simulator.running('onDeactivate').emit({ type: 'hook.returned', hooks: ['OnDeactivate'] });
    expect(story.state()).toBe('idle');
    expect(harm(story)).toEqual([]);
  });

  it('may be held in a debugger for as long as somebody likes', () => {
    const story = attach(test, { health: { misses: 2 } });
    for (let round = 0; round < 5; round += 1) missHealth(story);
    expect(story.status()).toMatchObject({ state: 'healthy', generation: 1 });
    expect(story.status().health.missed).toBe(5);
    expect(harm(story)).toEqual([]);
  });

  it('is let go of when the environment stops', () => {
    const story = attach(test);
    story.root.send({ type: 'environment.stop' });
    story.simulator.running('drain').emit({ type: 'drain.finished' });
    expect(story.root.getSnapshot().status).toBe('done');
    expect(harm(story)).toEqual([]);
  });
});

function error(code: 'REATTACH_NOT_FOUND' | 'CONNECT_FAILED' | 'HOOK_FAILED'): PluginError {
  return new PluginError({ code, message: code, hint: 'simulated' });
}

/** Lets the next probe that is due run into its deadline. */
function missHealth(story: SimulatedTree): void {
  const { missed } = story.status().health;
  for (let ms = 0; ms < 120_000 && story.state() === 'healthy'; ms += 50) {
    story.advance(50);
    if (story.simulator.isRunning('pollProcess'))
      story.simulator.running('pollProcess').emit({ type: 'process.alive' });
    if (story.status().health.missed > missed) return;
  }
}
