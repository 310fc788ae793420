import { PluginError } from '../../../src/model/index.js';
import { emitExit, emitSpawnFailure, completeStart } from '../../../src/testing/index.js';
import { defaultPlugin, createTreeWithPlugin } from '../../support/simulated-tree.js';

describe('a plugin that starts', () => {
  it('goes through every station in order', () => {
    const story = createTreeWithPlugin();
    const seen: string[] = [];
    story.ref().subscribe(() => {
      if (seen.at(-1) !== story.state()) seen.push(story.state());
    });
    story.activate();
    completeStart(story.simulator);
    expect(seen).toEqual(['spawning', 'handshaking', 'healthy']);
    expect(story.simulator.subscribed).toEqual([
      'process',
      'logs',
      'handshake',
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
      protocolVersion: 1,
      address: 'unix:/simulated',
      stdio: true,
      hooks: false,
      mattermostState: 'Running',
    });
  });

  it('asks the health service again until it says SERVING', () => {
    const story = createTreeWithPlugin();
    story.activate();
    begin(story);
    const notServing = new PluginError({ code: 'NOT_SERVING', message: 'NOT_SERVING' });
    story.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    expect(story.simulator.isRunning('probe')).toBe(false);
    story.advance(50);
    story.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
    story.simulator.running('onActivate').emit({ type: 'hook.returned', hooks: [] });
    expect(story.state()).toBe('healthy');
  });

  it('does not wait for ever for one answer of the health service', () => {
    const story = createTreeWithPlugin();
    story.activate();
    begin(story);
    story.advance(2000);
    expect(story.simulator.isRunning('probe')).toBe(false);
    story.advance(50);
    expect(story.simulator.isRunning('probe')).toBe(true);
  });
});

describe('a plugin that does not start', () => {
  it('is killed when no line comes within the start timeout', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    story.simulator.running('process').emit({ type: 'process.started', process: handle(story.clock.now()) });
    story.advance(14_999);
    expect(story.state()).toBe('handshaking');
    story.advance(1);
    expect(story.state()).toBe('stopping');
    expect(story.simulator.running('signal').detail).toBe('SIGKILL');
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status()).toMatchObject({
      state: 'crashed',
      lastExit: {
        kind: 'handshake',
        signal: 'SIGKILL',
        stopStep: 'killing',
        error: { code: 'START_TIMEOUT' },
      },
    });
  });

  it.each([
    ['dial', 'CONNECT_FAILED', 0],
    ['health', 'HEALTH_TIMEOUT', 1],
    ['hooks', 'HOOK_TIMEOUT', 2],
  ] as const)('says that it was the %s that took too long', (phase, code, steps) => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    begin(story, steps);
    story.advance(15_000);
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status().error).toMatchObject({ code, phase });
  });

  it('tells what it printed instead of a handshake line', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    story.simulator.running('process').emit({ type: 'process.started', process: handle(0) });
    story.simulator.running('handshake').emit({ type: 'handshake.noise', line: 'hello' });
    story.advance(15_000);
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status().error).toMatchObject({ code: 'HANDSHAKE_UNRECOGNIZED' });
    expect(story.status().error?.message).toContain('"hello"');
  });

  it('is killed at once when its line is refused', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    story.simulator.running('process').emit({ type: 'process.started', process: handle(0) });
    const error = new PluginError({ code: 'PROTOCOL_UNSUPPORTED', message: 'netrpc', phase: 'handshake' });
    story.simulator.running('handshake').emit({ type: 'handshake.rejected', error });
    expect(story.simulator.running('signal').detail).toBe('SIGKILL');
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status().error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED', plugin: defaultPlugin });
  });

  it('is told with its exit code when it ends before its line', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    story.simulator.running('process').emit({ type: 'process.started', process: handle(0) });
    emitExit(story.simulator, { code: 3 });
    expect(story.status().lastExit).toMatchObject({
      kind: 'handshake',
      code: 3,
      stopStep: null,
      error: { code: 'EXITED_BEFORE_HANDSHAKE', facts: { exitCode: 3 } },
    });
  });

  it('never becomes a process when the spawn fails', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    emitSpawnFailure(story.simulator, new PluginError({ code: 'SPAWN_FAILED', message: 'EAGAIN' }));
    expect(story.status()).toMatchObject({ state: 'crashed', pid: null, lastExit: { kind: 'spawn' } });
  });

  it('is not spawned for ever', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    story.activate();
    story.advance(15_000);
    expect(story.state()).toBe('crashed');
    expect(story.simulator.isRunning('process')).toBe(false);
  });
});

describe('a plugin that is deactivated', () => {
  it('climbs down the whole ladder, each rung with its own deadline', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    story.deactivate();
    expect(story.snapshot().value).toEqual({ live: { stopping: 'draining' } });
    story.advance(5000);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'requestingShutdown' } });
    story.advance(2000);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'terminating' } });
    expect(story.simulator.running('signal').detail).toBe('SIGTERM');
    story.advance(3000);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'killing' } });
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status()).toMatchObject({
      state: 'idle',
      wanted: false,
      error: null,
      lastExit: { stopStep: 'killing', error: null },
    });
  });

  it('runs OnDeactivate where the plugin implements it, and not for ever', () => {
    const story = createTreeWithPlugin();
    story.activate();
    begin(story, 2);
    story.simulator
      .running('onActivate')
      .emit({ type: 'hook.returned', hooks: ['OnActivate', 'OnDeactivate'] });
    story.deactivate();
    story.simulator.running('drain').emit({ type: 'drain.finished' });
    expect(story.simulator.isRunning('onDeactivate')).toBe(true);
    story.advance(10_000);
    expect(story.simulator.isRunning('onDeactivate')).toBe(false);
    expect(story.simulator.isRunning('shutdown')).toBe(true);
  });

  it('is sent SIGTERM at once when it has no GRPCController', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    story.deactivate();
    story.simulator.running('drain').emit({ type: 'drain.finished' });
    story.simulator.running('shutdown').emit({ type: 'shutdown.unsupported' });
    expect(story.simulator.running('signal').detail).toBe('SIGTERM');
  });

  it('is brought down while it is spawning, and never becomes healthy', () => {
    const story = createTreeWithPlugin();
    story.activate();
    story.deactivate();
    expect(story.state()).toBe('spawning');
    story.simulator.running('process').emit({ type: 'process.started', process: handle(0) });
    expect(story.simulator.running('signal').detail).toBe('SIGKILL');
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status()).toMatchObject({ state: 'idle', error: null });
  });

  it('is declared lost when it outlives SIGKILL, and rests', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    story.deactivate();
    for (const ms of [5000, 2000, 3000, 5000]) story.advance(ms);
    expect(story.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'lost' },
      error: { code: 'RUNNER_LOST' },
    });
  });

  it('comes back as a new generation when it is activated meanwhile', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    story.deactivate();
    story.activate();
    expect(story.status()).toMatchObject({ state: 'stopping', generation: 1, wanted: true });
    emitExit(story.simulator, { code: 0 });
    expect(story.status()).toMatchObject({ state: 'spawning', generation: 2, restarts: 0 });
  });
});

describe('a healthy plugin', () => {
  it('ignores a late fact of an older generation', () => {
    const story = createTreeWithPlugin();
    story.activate();
    completeStart(story.simulator);
    story.ref().send({
      type: 'process.exited',
      at: 0,
      code: 1,
      signal: null,
      diagnosis: '',
      generation: 0,
    });
    expect(story.state()).toBe('healthy');
  });
});

function handle(startedAt: number) {
  return { pid: 1, startedAt, stderrTail: () => '' };
}

/** Starts up to dialling (0), probing (1) or the hook (2). */
function begin(story: ReturnType<typeof createTreeWithPlugin>, steps: 0 | 1 | 2 = 1): void {
  story.simulator.running('process').emit({ type: 'process.started', process: handle(story.clock.now()) });
  story.simulator.running('handshake').emit({
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
  if (steps === 0) return;
  story.simulator.running('dial').emit({
    type: 'channel.ready',
    channel: { address: 'unix:/x', transport: 'plaintext', multiplexed: false },
  });
  if (steps === 1) return;
  story.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
}
