import { emitExit, emitSpawnFailure, completeStart } from '../../../src/testing/index.js';
import { PluginError } from '../../../src/model/index.js';
import { defaultPlugin, createTreeWithPlugin } from '../../support/simulated-tree.js';

describe('a plugin that crashes', () => {
  it('draws one random number for each exit', () => {
    let draws = 0;
    const tree = createTreeWithPlugin(undefined, () => {
      draws += 1;
      return 0.5;
    });
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    expect(draws).toBe(1);
  });

  it('is restarted at once the first time, and after a growing pause then', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    const pauses: number[] = [];
    for (let crash = 0; crash < 4; crash += 1) {
      completeStart(tree.simulator);
      emitExit(tree.simulator, { code: 1 });
      const { state, retryAt } = tree.status();
      expect(state).toBe('restarting');
      pauses.push((retryAt ?? 0) - tree.clock.now());
      tree.advance(pauses.at(-1) ?? 0);
      expect(tree.state()).toBe('spawning');
    }
    expect(pauses).toEqual([0, 250, 500, 1000]);
    expect(tree.status()).toMatchObject({ generation: 5, restarts: 4 });
  });

  it('is given up at the fifth failure, and tried once more after ten minutes', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    for (let crash = 0; crash < 5; crash += 1) {
      completeStart(tree.simulator);
      emitExit(tree.simulator, { signal: 'SIGKILL' });
      tree.advance(5000);
    }
    expect(tree.status()).toMatchObject({
      state: 'failed',
      failedReason: 'FailedToStayRunning',
      wasHealthy: true,
      generation: 5,
    });
    tree.advance(10 * 60_000 - 5000);
    expect(tree.status()).toMatchObject({ state: 'spawning', generation: 6 });
    completeStart(tree.simulator);
    expect(tree.state()).toBe('healthy');
  });

  it('goes back to failed at once when the one try fails too, and is tried again later', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    for (let crash = 0; crash < 5; crash += 1) {
      completeStart(tree.simulator);
      emitExit(tree.simulator, { code: 1 });
      tree.advance(2000);
    }
    for (let tried = 0; tried < 3; tried += 1) {
      tree.advance(10 * 60_000);
      completeStart(tree.simulator);
      tree.advance(4000);
      emitExit(tree.simulator, { code: 1 });
      expect(tree.status()).toMatchObject({ state: 'failed', generation: 6 + tried });
    }
  });

  it('has an empty history once the half-open attempt was healthy for long enough', () => {
    const tree = createTreeWithPlugin({ health: { intervalMs: 2 ** 31 - 1 } });
    tree.activate();
    for (let crash = 0; crash < 5; crash += 1) {
      completeStart(tree.simulator);
      emitExit(tree.simulator, { code: 1 });
      tree.advance(2000);
    }
    tree.advance(10 * 60_000);
    completeStart(tree.simulator);
    tree.advance(60_000);
    for (let crash = 0; crash < 4; crash += 1) {
      emitExit(tree.simulator, { code: 1 });
      expect(tree.state()).toBe('restarting');
      tree.advance(2000);
      completeStart(tree.simulator);
    }
    emitExit(tree.simulator, { code: 1 });
    expect(tree.state()).toBe('failed');
  });

  it('keeps its history when an operator restarts it after it was given up', () => {
    const tree = createTreeWithPlugin({ restart: { intensity: 0 } });
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    tree.root.send({ type: 'environment.restart', plugin: defaultPlugin });
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    expect(tree.state()).toBe('failed');
  });

  it('starts with an empty history when an operator activates it after it was given up', () => {
    const tree = createTreeWithPlugin({ preset: 'mattermost' });
    tree.activate();
    for (let crash = 0; crash < 3; crash += 1) {
      completeStart(tree.simulator);
      emitExit(tree.simulator, { code: 2 });
      tree.advance(0);
    }
    expect(tree.status()).toMatchObject({ state: 'failed', retryAt: null });
    tree.advance(24 * 60 * 60_000);
    expect(tree.state()).toBe('failed');
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 2 });
    expect(tree.status()).toMatchObject({ state: 'restarting', restarts: 1 });
  });

  it('stays crashed when it is temporary', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    tree.advance(24 * 60 * 60_000);
    expect(tree.status()).toMatchObject({ state: 'crashed', wanted: false, generation: 1 });
  });

  it('is idle again when it is transient and ended normally', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'transient' } });
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 0 });
    expect(tree.status()).toMatchObject({ state: 'idle', wanted: false });
  });

  it('is not tried again under mattermost when its activation failed', () => {
    const tree = createTreeWithPlugin({ preset: 'mattermost' });
    tree.activate();
    emitSpawnFailure(tree.simulator, new PluginError({ code: 'SPAWN_FAILED', message: 'EAGAIN' }));
    expect(tree.status()).toMatchObject({ state: 'failed', failedReason: 'FailedToStart', generation: 1 });
  });

  it('is restarted under mattermost when it lost its health: it has not failed to start', () => {
    const tree = createTreeWithPlugin({ preset: 'mattermost' });
    tree.activate();
    completeStart(tree.simulator);
    tree.advance(30_000);
    for (let ping = 0; ping < 3; ping += 1) {
      expect(tree.simulator.isRunning('probe')).toBe(true);
      tree.advance(2000);
      tree.advance(0);
    }
    emitExit(tree.simulator, { code: 0 });
    expect(tree.status()).toMatchObject({
      state: 'restarting',
      lastExit: { kind: 'hang', phase: 'serving' },
    });
  });

  it('is tried again under espalier when its activation failed', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    emitSpawnFailure(tree.simulator, new PluginError({ code: 'SPAWN_FAILED', message: 'EAGAIN' }));
    expect(tree.status()).toMatchObject({ state: 'restarting', wasHealthy: false });
    tree.advance(0);
    completeStart(tree.simulator);
    expect(tree.state()).toBe('healthy');
  });

  it('is not restarted when it is deactivated while the restart is due', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    tree.deactivate();
    tree.advance(60_000);
    expect(tree.status()).toMatchObject({ state: 'idle', generation: 1 });
  });

  it('is restarted at once when it is activated while the restart is due', () => {
    const tree = createTreeWithPlugin({ restart: { backoff: { firstMs: 30_000 } } });
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    tree.activate();
    expect(tree.status()).toMatchObject({ state: 'spawning', generation: 2, restarts: 0 });
  });

  it('does not touch its neighbours', () => {
    const tree = createTreeWithPlugin();
    tree.add('com.example.neighbour');
    tree.activate();
    tree.activate('com.example.neighbour');
    completeStart(tree.simulator, defaultPlugin, 1);
    completeStart(tree.simulator, 'com.example.neighbour', 2);
    emitExit(tree.simulator, { code: 1 }, defaultPlugin);
    expect(tree.status('com.example.neighbour')).toMatchObject({ state: 'healthy', generation: 1, pid: 2 });
  });
});

describe('an environment that stops', () => {
  it('is stopped when the last process has ended, and not before', () => {
    const tree = createTreeWithPlugin();
    tree.add('com.example.neighbour');
    tree.activate();
    tree.activate('com.example.neighbour');
    completeStart(tree.simulator, defaultPlugin);
    tree.root.send({ type: 'environment.stop' });
    expect(tree.root.getSnapshot().matches('stopping')).toBe(true);
    emitExit(tree.simulator, { code: 0 }, defaultPlugin);
    expect(tree.root.getSnapshot().matches('stopping')).toBe(true);
    tree.simulator.running('process', 'com.example.neighbour').emit({
      type: 'process.started',
      process: { pid: 9, startedAt: 0, stderrTail: () => '', lastPrinted: () => null },
    });
    emitExit(tree.simulator, { signal: 'SIGKILL' }, 'com.example.neighbour');
    expect(tree.root.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
    expect(tree.simulator.count('process')).toBe(0);
  });

  it('waits for nothing when nothing runs', () => {
    const tree = createTreeWithPlugin();
    tree.root.send({ type: 'environment.stop' });
    expect(tree.root.getSnapshot().status).toBe('done');
  });

  it('does not restart what falls meanwhile', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    emitExit(tree.simulator, { code: 1 });
    expect(tree.state()).toBe('restarting');
    tree.root.send({ type: 'environment.stop' });
    expect(tree.root.getSnapshot().status).toBe('done');
  });
});

describe('a defect in an effect', () => {
  it('stops the plugin and is reported as an internal error, and the tree keeps running', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    completeStart(tree.simulator);
    tree.ref().send({
      type: 'effect.errored',
      error: new PluginError({ code: 'INTERNAL', message: 'boom' }),
      generation: 1,
    });
    expect(tree.simulator.running('signal').detail).toBe('SIGKILL');
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status()).toMatchObject({ state: 'crashed', error: { code: 'INTERNAL' } });
    expect(tree.root.getSnapshot().status).toBe('active');
  });
});

describe('an actor that breaks', () => {
  it('is replaced by its supervisor, which goes on, and the generation goes on counting', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    const ref = tree.ref();
    const stderrTail = (): string => {
      throw new Error('the exit record cannot be made, and the actor breaks');
    };
    tree.simulator.running('process').emit({
      type: 'process.started',
      process: { pid: 1, startedAt: 0, stderrTail, lastPrinted: () => null },
    });
    emitExit(tree.simulator, { code: 1 });
    const replacement = tree.ref();
    expect(ref.getSnapshot().status).toBe('error');
    expect(replacement).not.toBe(ref);
    expect(tree.status()).toMatchObject({ state: 'idle', generation: 1 });
    expect(tree.simulator.subscribed.at(-1)).toBe('signal:SIGKILL');
    tree.activate();
    completeStart(tree.simulator);
    expect(tree.status()).toMatchObject({ state: 'healthy', generation: 2 });
  });
});
