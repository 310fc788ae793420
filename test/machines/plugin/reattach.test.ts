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
  const tree = createTreeWithPlugin(supervision);
  tree.root.send({ type: 'environment.reattach', plugin: defaultPlugin, config: given });
  return tree;
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
  const tree = beginReattach(given, supervision);
  find(tree);
  tree.simulator.running('dial').emit({ type: 'channel.ready', channel: simulatedChannel() });
  tree.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
  tree.simulator.running('onActivate').emit({ type: 'hook.returned', hooks });
  return tree;
}

function vanish(tree: SimulatedTree): void {
  tree.advance(200);
  tree.simulator.running('pollProcess').emit({ type: 'process.gone' });
}

/** The effects that could end a process. */
function harm({ simulator }: SimulatedTree): readonly string[] {
  return simulator.subscribed.filter((name) => name.startsWith('signal') || name === 'shutdown');
}

describe('a plugin that is reattached', () => {
  it('goes from the process to the dial, without a line', () => {
    const tree = attach(config);
    expect(tree.simulator.subscribed).toEqual([
      'process',
      // One that outlived its host has pipes to read on from.
      'logs',
      'dial',
      'stdio',
      'broker',
      'connection',
      'probe',
      'onActivate',
      'watch',
    ]);
    expect(tree.status()).toMatchObject({
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
    const tree = attach(config, { restart: { restart: 'temporary' } });
    for (let looks = 0; looks < 3; looks += 1) {
      tree.advance(200);
      tree.simulator.running('pollProcess').emit({ type: 'process.alive' });
    }
    expect(tree.state()).toBe('healthy');
    vanish(tree);
    expect(tree.status()).toMatchObject({
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
    tree.advance(10_000);
    expect(tree.simulator.isRunning('pollProcess')).toBe(false);
  });

  it('is followed by an ordinary generation when it ends', () => {
    const tree = attach(config);
    vanish(tree);
    tree.advance(0);
    completeStart(tree.simulator, defaultPlugin, 4712);
    expect(tree.status()).toMatchObject({ state: 'healthy', generation: 2, pid: 4712 });
    expect(tree.simulator.subscribed.slice(-10, -7)).toEqual(['process', 'logs', 'handshake']);
    tree.deactivate();
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    expect(tree.simulator.isRunning('shutdown')).toBe(true);
    emitExit(tree.simulator, { code: 0 });
    expect(tree.state()).toBe('idle');
  });

  it('is stopped step by step, and its exit is found by polling', () => {
    const tree = attach(config);
    tree.deactivate();
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    tree.simulator.running('shutdown').emit({ type: 'shutdown.unsupported' });
    expect(harm(tree)).toEqual(['shutdown', 'signal:SIGTERM']);
    vanish(tree);
    expect(tree.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'exit', stopStep: 'terminating', error: null },
    });
  });

  it('gets Shutdown and is then detached, never signalled, when its start time is not known', () => {
    const tree = attach(withoutStartTime);
    tree.deactivate();
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    tree.simulator.running('shutdown').emit({ type: 'shutdown.unsupported' });
    expect(harm(tree)).toEqual(['shutdown']);
    expect(tree.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'detached', error: { code: 'RUNNER_LOST' } },
    });
  });

  it('is given up, not started a second time, when it hangs and may not be signalled', () => {
    const tree = attach(withoutStartTime, { health: { misses: 1 } });
    missHealth(tree);
    expect(harm(tree)).toEqual([]);
    expect(tree.status()).toMatchObject({ state: 'failed', error: { code: 'RUNNER_LOST' } });
    expect(tree.simulator.isRunning('process')).toBe(false);
  });
});

describe('a reattach that fails', () => {
  const ways: [string, (tree: SimulatedTree) => void][] = [
    [
      'nothing is found',
      (tree) => {
        emitSpawnFailure(tree.simulator, error('REATTACH_NOT_FOUND'));
      },
    ],
    [
      'nothing is found in time',
      (tree) => {
        tree.advance(15_000);
      },
    ],
    [
      'it cannot be spoken with',
      (tree) => {
        find(tree);
        tree.simulator.running('dial').emit({ type: 'channel.failed', error: error('CONNECT_FAILED') });
      },
    ],
    [
      'it does not become healthy in time',
      (tree) => {
        find(tree);
        tree.advance(15_000);
      },
    ],
    [
      'its hook fails',
      (tree) => {
        find(tree);
        tree.simulator.running('dial').emit({ type: 'channel.ready', channel: simulatedChannel() });
        tree.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
        tree.simulator.running('onActivate').emit({ type: 'hook.failed', error: error('HOOK_FAILED') });
      },
    ],
    [
      'an effect breaks before it is found',
      (tree) => {
        const ref = tree.ref();
        ref.send({ type: 'effect.errored', generation: 1, error: error('CONNECT_FAILED') });
      },
    ],
    [
      'it ends meanwhile',
      (tree) => {
        find(tree);
        vanish(tree);
      },
    ],
  ];

  it.each(ways)('leaves the process alone and starts nothing, here as %s', (__, fail) => {
    const tree = beginReattach(config);
    fail(tree);
    expect(tree.status()).toMatchObject({
      state: 'idle',
      wanted: false,
      pid: null,
      error: { hint: expect.any(String) as string },
    });
    expect(harm(tree)).toEqual([]);
    tree.advance(60_000);
    expect(tree.simulator.count('process')).toBe(0);
    tree.activate();
    completeStart(tree.simulator);
    expect(tree.status()).toMatchObject({ state: 'healthy', generation: 2 });
  });

  it('says in time that the address took no connection', () => {
    const tree = beginReattach(config);
    tree.advance(15_000);
    expect(tree.status().error).toMatchObject({ code: 'REATTACH_NOT_FOUND', plugin: defaultPlugin });
  });

  it('by a deactivation leaves the process alone, before it is found and after', () => {
    for (const found of [false, true]) {
      const tree = beginReattach(config);
      if (found) find(tree);
      tree.deactivate();
      if (!found) find(tree);
      expect(tree.status()).toMatchObject({ state: 'idle', error: null, lastExit: { kind: 'detached' } });
      expect(harm(tree)).toEqual([]);
    }
  });
});

describe('a plugin in test mode', () => {
  const test = { ...config, test: true };

  it('is only detached, once its calls have finished', () => {
    const tree = attach(test);
    tree.deactivate();
    expect(tree.state()).toBe('stopping');
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    expect(tree.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'detached', stopStep: null, error: null },
    });
    expect(harm(tree)).toEqual([]);
  });

  it('gets its deactivation hook, as it got its activation hook', () => {
    const tree = attach(test, {}, ['OnDeactivate']);
    tree.deactivate();
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    tree.simulator.running('onDeactivate').emit({ type: 'hook.returned', hooks: ['OnDeactivate'] });
    expect(tree.state()).toBe('idle');
    expect(harm(tree)).toEqual([]);
  });

  it('may be stopped in a debugger for any time', () => {
    const tree = attach(test, { health: { misses: 2 } });
    for (let round = 0; round < 5; round += 1) missHealth(tree);
    expect(tree.status()).toMatchObject({ state: 'healthy', generation: 1 });
    expect(tree.status().health.missed).toBe(5);
    expect(harm(tree)).toEqual([]);
  });

  it('is detached when the environment stops', () => {
    const tree = attach(test);
    tree.root.send({ type: 'environment.stop' });
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    expect(tree.root.getSnapshot().status).toBe('done');
    expect(harm(tree)).toEqual([]);
  });
});

function error(code: 'REATTACH_NOT_FOUND' | 'CONNECT_FAILED' | 'HOOK_FAILED'): PluginError {
  return new PluginError({ code, message: code, hint: 'simulated' });
}

/** Lets the next probe that is due run into its deadline. */
function missHealth(tree: SimulatedTree): void {
  const { missed } = tree.status().health;
  for (let ms = 0; ms < 120_000 && tree.state() === 'healthy'; ms += 50) {
    tree.advance(50);
    if (tree.simulator.isRunning('pollProcess'))
      tree.simulator.running('pollProcess').emit({ type: 'process.alive' });
    if (tree.status().health.missed > missed) return;
  }
}
