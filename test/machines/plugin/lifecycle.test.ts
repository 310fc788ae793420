import { PluginError } from '../../../src/model/index.js';
import { emitExit, emitSpawnFailure, completeStart } from '../../../src/testing/index.js';
import { defaultPlugin, createTreeWithPlugin } from '../../support/simulated-tree.js';

describe('a plugin that starts', () => {
  it('goes through every station in order', () => {
    const tree = createTreeWithPlugin();
    const seen: string[] = [];
    tree.ref().subscribe(() => {
      if (seen.at(-1) !== tree.state()) seen.push(tree.state());
    });
    tree.activate();
    completeStart(tree.simulator);
    expect(seen).toEqual(['spawning', 'handshaking', 'healthy']);
    expect(tree.simulator.subscribed).toEqual([
      'process',
      'logs',
      'handshake',
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
      protocolVersion: 1,
      address: 'unix:/simulated',
      stdio: true,
      hooks: [],
      wasHealthy: true,
    });
  });

  it('probes the health service until it answers SERVING', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    begin(tree);
    const notServing = new PluginError({ code: 'NOT_SERVING', message: 'NOT_SERVING' });
    tree.simulator.running('probe').emit({ type: 'probe.failed', error: notServing });
    expect(tree.simulator.isRunning('probe')).toBe(false);
    tree.advance(50);
    tree.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
    tree.simulator.running('onActivate').emit({ type: 'hook.returned', hooks: [] });
    expect(tree.state()).toBe('healthy');
  });

  it('does not wait for ever for one answer of the health service', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    begin(tree);
    tree.advance(2000);
    expect(tree.simulator.isRunning('probe')).toBe(false);
    tree.advance(50);
    expect(tree.simulator.isRunning('probe')).toBe(true);
  });
});

describe('a plugin that does not start', () => {
  it('is killed when no line comes within the start timeout', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    tree.simulator.running('process').emit({ type: 'process.started', process: handle(tree.clock.now()) });
    tree.advance(14_999);
    expect(tree.state()).toBe('handshaking');
    tree.advance(1);
    expect(tree.state()).toBe('stopping');
    expect(tree.simulator.running('signal').detail).toBe('SIGKILL');
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status()).toMatchObject({
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
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    begin(tree, steps);
    tree.advance(15_000);
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status().error).toMatchObject({ code, phase });
  });

  it('reports what it printed instead of a handshake line', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    tree.simulator.running('process').emit({ type: 'process.started', process: handle(0) });
    tree.simulator.running('handshake').emit({ type: 'handshake.noise', line: 'hello' });
    tree.advance(15_000);
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status().error).toMatchObject({ code: 'HANDSHAKE_UNRECOGNIZED' });
    expect(tree.status().error?.message).toContain('"hello"');
  });

  it('is killed at once when its line is refused', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    tree.simulator.running('process').emit({ type: 'process.started', process: handle(0) });
    const error = new PluginError({ code: 'PROTOCOL_UNSUPPORTED', message: 'netrpc', phase: 'handshake' });
    tree.simulator.running('handshake').emit({ type: 'handshake.rejected', error });
    expect(tree.simulator.running('signal').detail).toBe('SIGKILL');
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status().error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED', plugin: defaultPlugin });
  });

  it('is reported with its exit code when it ends before its handshake line', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    tree.simulator.running('process').emit({ type: 'process.started', process: handle(0) });
    emitExit(tree.simulator, { code: 3 });
    expect(tree.status().lastExit).toMatchObject({
      kind: 'handshake',
      code: 3,
      stopStep: null,
      error: { code: 'EXITED_BEFORE_HANDSHAKE', facts: { exitCode: 3 } },
    });
  });

  it('never becomes a process when the spawn fails', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    emitSpawnFailure(tree.simulator, new PluginError({ code: 'SPAWN_FAILED', message: 'EAGAIN' }));
    expect(tree.status()).toMatchObject({ state: 'crashed', pid: null, lastExit: { kind: 'spawn' } });
  });

  it('is not spawned for ever', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    tree.activate();
    tree.advance(15_000);
    expect(tree.state()).toBe('crashed');
    expect(tree.simulator.isRunning('process')).toBe(false);
  });
});

describe('a plugin that is deactivated', () => {
  it('goes through every stop step, each with its own deadline', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    tree.deactivate();
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'draining' } });
    tree.advance(5000);
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'requestingShutdown' } });
    tree.advance(2000);
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'terminating' } });
    expect(tree.simulator.running('signal').detail).toBe('SIGTERM');
    tree.advance(3000);
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'killing' } });
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status()).toMatchObject({
      state: 'idle',
      wanted: false,
      error: null,
      lastExit: { stopStep: 'killing', error: null },
    });
  });

  it('runs OnDeactivate where the plugin implements it, and not for ever', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    begin(tree, 2);
    tree.simulator
      .running('onActivate')
      .emit({ type: 'hook.returned', hooks: ['OnActivate', 'OnDeactivate'] });
    tree.deactivate();
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    expect(tree.simulator.isRunning('onDeactivate')).toBe(true);
    tree.advance(10_000);
    expect(tree.simulator.isRunning('onDeactivate')).toBe(false);
    expect(tree.simulator.isRunning('shutdown')).toBe(true);
  });

  it('is sent SIGTERM at once when it has no GRPCController', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    tree.deactivate();
    tree.simulator.running('drain').emit({ type: 'drain.finished' });
    tree.simulator.running('shutdown').emit({ type: 'shutdown.unsupported' });
    expect(tree.simulator.running('signal').detail).toBe('SIGTERM');
  });

  it('is stopped while it is spawning, and never becomes healthy', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    tree.deactivate();
    expect(tree.state()).toBe('spawning');
    tree.simulator.running('process').emit({ type: 'process.started', process: handle(0) });
    expect(tree.simulator.running('signal').detail).toBe('SIGKILL');
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status()).toMatchObject({ state: 'idle', error: null });
  });

  it('is declared lost when it still runs after SIGKILL, and is idle', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    tree.deactivate();
    for (const ms of [5000, 2000, 3000, 5000]) tree.advance(ms);
    expect(tree.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'lost' },
      error: { code: 'RUNNER_LOST' },
    });
  });

  it('comes back as a new generation when it is activated meanwhile', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    tree.deactivate();
    tree.activate();
    expect(tree.status()).toMatchObject({ state: 'stopping', generation: 1, wanted: true });
    emitExit(tree.simulator, { code: 0 });
    expect(tree.status()).toMatchObject({ state: 'spawning', generation: 2, restarts: 0 });
  });
});

describe('a healthy plugin', () => {
  it('does not leave requested checks unanswered when its next generation starts', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    tree.root.send({ type: 'environment.check', plugin: defaultPlugin });
    expect(tree.snapshot().context.health).toMatchObject({ checksRequested: 1, checksAnswered: 0 });
    emitExit(tree.simulator, { code: 1 });
    tree.advance(0);
    expect(tree.snapshot().context.health).toMatchObject({ checksRequested: 1, checksAnswered: 1 });
  });

  it('ignores a late fact of an older generation', () => {
    const tree = createTreeWithPlugin();
    tree.activate();
    completeStart(tree.simulator);
    tree.ref().send({
      type: 'process.exited',
      at: 0,
      code: 1,
      signal: null,
      diagnosis: '',
      generation: 0,
    });
    expect(tree.state()).toBe('healthy');
  });
});

function handle(startedAt: number) {
  return { pid: 1, startedAt, stderrTail: () => '', lastPrinted: () => null };
}

/** Starts up to dialling (0), probing (1) or the hook (2). */
function begin(tree: ReturnType<typeof createTreeWithPlugin>, steps: 0 | 1 | 2 = 1): void {
  tree.simulator.running('process').emit({ type: 'process.started', process: handle(tree.clock.now()) });
  tree.simulator.running('handshake').emit({
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
  tree.simulator.running('dial').emit({
    type: 'channel.ready',
    channel: { address: 'unix:/x', transport: 'plaintext', multiplexed: false },
  });
  if (steps === 1) return;
  tree.simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
}
