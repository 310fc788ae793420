import { emitExit, emitSpawnFailure, completeStart } from '../../../src/testing/index.js';
import { PluginError } from '../../../src/model/index.js';
import { defaultPlugin, createTreeWithPlugin } from '../../support/simulated-tree.js';

describe('a plugin that crashes', () => {
  it('is restarted at once the first time, and after a growing pause then', () => {
    const story = createTreeWithPlugin();
    story.activate();
    const pauses: number[] = [];
    for (let crash = 0; crash < 4; crash += 1) {
      completeStart(story.simulator);
      emitExit(story.simulator, { code: 1 });
      const { state, retryAt } = story.status();
      expect(state).toBe('restarting');
      pauses.push((retryAt ?? 0) - story.clock.now());
      story.advance(pauses.at(-1) ?? 0);
      expect(story.state()).toBe('spawning');
    }
    expect(pauses).toEqual([0, 250, 500, 1000]);
    expect(story.status()).toMatchObject({ generation: 5, restarts: 4 });
  });

  it('is given up at the fifth failure, and tried once more after ten minutes', () => {
    const story = createTreeWithPlugin();
    story.activate();
    for (let crash = 0; crash < 5; crash += 1) {
      completeStart(story.simulator);
      emitExit(story.simulator, { signal: 'SIGKILL' });
      story.advance(5000);
    }
    expect(story.status()).toMatchObject({
      state: 'failed',
      failedReason: 'FailedToStayRunning',
      mattermostState: 'FailedToStayRunning',
      generation: 5,
    });
    story.advance(10 * 60_000 - 5000);
    expect(story.status()).toMatchObject({ state: 'spawning', generation: 6 });
    completeStart(story.simulator);
    expect(story.state()).toBe('healthy');
  });

  it('goes back to failed at once when the one try fails too, and is tried again later', () => {
    const story = createTreeWithPlugin();
    story.activate();
    for (let crash = 0; crash < 5; crash += 1) {
      completeStart(story.simulator);
      emitExit(story.simulator, { code: 1 });
      story.advance(2000);
    }
    for (let tried = 0; tried < 3; tried += 1) {
      story.advance(10 * 60_000);
      completeStart(story.simulator);
      story.advance(4000);
      emitExit(story.simulator, { code: 1 });
      expect(story.status()).toMatchObject({ state: 'failed', generation: 6 + tried });
    }
  });

  it('has a fresh budget once the one try was healthy for long enough', () => {
    const story = createTreeWithPlugin({ health: { intervalMs: 2 ** 31 - 1 } });
    story.activate();
    for (let crash = 0; crash < 5; crash += 1) {
      completeStart(story.simulator);
      emitExit(story.simulator, { code: 1 });
      story.advance(2000);
    }
    story.advance(10 * 60_000);
    completeStart(story.simulator);
    story.advance(60_000);
    for (let crash = 0; crash < 4; crash += 1) {
      emitExit(story.simulator, { code: 1 });
      expect(story.state()).toBe('restarting');
      story.advance(2000);
      completeStart(story.simulator);
    }
    emitExit(story.simulator, { code: 1 });
    expect(story.state()).toBe('failed');
  });

  it('does not get a fresh budget by being restarted by hand after it was given up', () => {
    const story = createTreeWithPlugin({ restart: { intensity: 0 } });
    story.activate();
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 1 });
    story.root.send({ type: 'environment.restart', plugin: defaultPlugin });
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 1 });
    expect(story.state()).toBe('failed');
  });

  it('comes back when somebody activates a plugin that was given up, with a fresh budget', () => {
    const story = createTreeWithPlugin({ preset: 'mattermost' });
    story.activate();
    for (let crash = 0; crash < 3; crash += 1) {
      completeStart(story.simulator);
      emitExit(story.simulator, { code: 2 });
      story.advance(0);
    }
    expect(story.status()).toMatchObject({ state: 'failed', retryAt: null });
    story.advance(24 * 60 * 60_000);
    expect(story.state()).toBe('failed');
    story.activate();
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 2 });
    expect(story.status()).toMatchObject({ state: 'restarting', restarts: 1 });
  });

  it('rests where it lies when it is temporary', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 1 });
    story.advance(24 * 60 * 60_000);
    expect(story.status()).toMatchObject({ state: 'crashed', wanted: false, generation: 1 });
  });

  it('is idle again when it is transient and ended normally', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'transient' } });
    story.activate();
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 0 });
    expect(story.status()).toMatchObject({ state: 'idle', wanted: false });
  });

  it('is not tried again under mattermost when its activation failed', () => {
    const story = createTreeWithPlugin({ preset: 'mattermost' });
    story.activate();
    emitSpawnFailure(story.simulator, new PluginError({ code: 'SPAWN_FAILED', message: 'EAGAIN' }));
    expect(story.status()).toMatchObject({ state: 'failed', failedReason: 'FailedToStart', generation: 1 });
  });

  it('is restarted under mattermost when it lost its health: it has not failed to start', () => {
    const story = createTreeWithPlugin({ preset: 'mattermost' });
    story.activate();
    completeStart(story.simulator);
    story.advance(30_000);
    for (let ping = 0; ping < 3; ping += 1) {
      expect(story.simulator.isRunning('probe')).toBe(true);
      story.advance(2000);
      story.advance(0);
    }
    emitExit(story.simulator, { code: 0 });
    expect(story.status()).toMatchObject({
      state: 'restarting',
      lastExit: { kind: 'hang', phase: 'serving' },
    });
  });

  it('is tried again under espalier when its activation failed', () => {
    const story = createTreeWithPlugin();
    story.activate();
    emitSpawnFailure(story.simulator, new PluginError({ code: 'SPAWN_FAILED', message: 'EAGAIN' }));
    expect(story.status()).toMatchObject({ state: 'restarting', mattermostState: 'FailedToStart' });
    story.advance(0);
    completeStart(story.simulator);
    expect(story.state()).toBe('healthy');
  });

  it('is not restarted when it is deactivated while the restart is due', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 1 });
    story.deactivate();
    story.advance(60_000);
    expect(story.status()).toMatchObject({ state: 'idle', generation: 1 });
  });

  it('is restarted at once when it is activated while the restart is due', () => {
    const story = createTreeWithPlugin({ restart: { backoff: { firstMs: 30_000 } } });
    story.activate();
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 1 });
    story.activate();
    expect(story.status()).toMatchObject({ state: 'spawning', generation: 2, restarts: 0 });
  });

  it('does not touch its neighbours', () => {
    const story = createTreeWithPlugin();
    story.add('com.example.neighbour');
    story.activate();
    story.activate('com.example.neighbour');
    completeStart(story.simulator, defaultPlugin, 1);
    completeStart(story.simulator, 'com.example.neighbour', 2);
    emitExit(story.simulator, { code: 1 }, defaultPlugin);
    expect(story.status('com.example.neighbour')).toMatchObject({ state: 'healthy', generation: 1, pid: 2 });
  });
});

describe('an environment that stops', () => {
  it('is stopped when the last process has ended, and not before', () => {
    const story = createTreeWithPlugin();
    story.add('com.example.neighbour');
    story.activate();
    story.activate('com.example.neighbour');
    completeStart(story.simulator, defaultPlugin);
    story.root.send({ type: 'environment.stop' });
    expect(story.root.getSnapshot().matches('stopping')).toBe(true);
    emitExit(story.simulator, { code: 0 }, defaultPlugin);
    expect(story.root.getSnapshot().matches('stopping')).toBe(true);
    story.simulator.running('process', 'com.example.neighbour').emit({
      type: 'process.started',
      process: { pid: 9, startedAt: 0, stderrTail: () => '' },
    });
    emitExit(story.simulator, { signal: 'SIGKILL' }, 'com.example.neighbour');
    expect(story.root.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
    expect(story.simulator.count('process')).toBe(0);
  });

  it('waits for nothing when nothing runs', () => {
    const story = createTreeWithPlugin();
    story.root.send({ type: 'environment.stop' });
    expect(story.root.getSnapshot().status).toBe('done');
  });

  it('does not restart what falls meanwhile', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    emitExit(story.simulator, { code: 1 });
    expect(story.state()).toBe('restarting');
    story.root.send({ type: 'environment.stop' });
    expect(story.root.getSnapshot().status).toBe('done');
  });
});

describe('a defect in an effect', () => {
  it('brings the plugin down and is told as a defect, and the tree goes on', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    completeStart(story.simulator);
    story.ref().send({
      type: 'effect.errored',
      error: new PluginError({ code: 'INTERNAL', message: 'boom' }),
      generation: 1,
    });
    expect(story.simulator.running('signal').detail).toBe('SIGKILL');
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status()).toMatchObject({ state: 'crashed', error: { code: 'INTERNAL' } });
    expect(story.root.getSnapshot().status).toBe('active');
  });
});

describe('an actor that breaks', () => {
  it('is replaced by its supervisor, which goes on, and the generation goes on counting', () => {
    const story = createTreeWithPlugin();
    story.activate();
    const ref = story.ref();
    const stderrTail = (): string => {
      throw new Error('the exit record cannot be made, and the actor breaks');
    };
    story.simulator
      .running('process')
      .emit({ type: 'process.started', process: { pid: 1, startedAt: 0, stderrTail } });
    emitExit(story.simulator, { code: 1 });
    const replacement = story.ref();
    expect(ref.getSnapshot().status).toBe('error');
    expect(replacement).not.toBe(ref);
    expect(story.status()).toMatchObject({ state: 'idle', generation: 1 });
    expect(story.simulator.subscribed.at(-1)).toBe('signal:SIGKILL');
    story.activate();
    completeStart(story.simulator);
    expect(story.status()).toMatchObject({ state: 'healthy', generation: 2 });
  });
});
