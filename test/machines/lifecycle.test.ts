import { PluginError } from '../../src/model/index.js';
import { exit, failToSpawn, startWell } from '../../src/testing/index.js';
import { hero, tellStory } from '../support/story.js';

describe('a plugin that starts', () => {
  it('goes through every station in order', () => {
    const story = tellStory();
    const seen: string[] = [];
    story.ref().subscribe(() => {
      if (seen.at(-1) !== story.state()) seen.push(story.state());
    });
    story.activate();
    startWell(story.world);
    expect(seen).toEqual(['spawning', 'handshaking', 'healthy']);
    expect(story.world.ordered).toEqual([
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
      address: 'unix:/pretended',
      stdio: true,
      hooks: false,
      mattermostState: 'Running',
    });
  });

  it('asks the health service again until it says SERVING', () => {
    const story = tellStory();
    story.activate();
    begin(story);
    const notServing = new PluginError({ code: 'NOT_SERVING', message: 'NOT_SERVING' });
    story.world.running('probe').say({ type: 'probe.failed', error: notServing });
    expect(story.world.isRunning('probe')).toBe(false);
    story.pass(50);
    story.world.running('probe').say({ type: 'probe.passed', ms: 1 });
    story.world.running('onActivate').say({ type: 'hook.returned', hooks: [] });
    expect(story.state()).toBe('healthy');
  });

  it('does not wait for ever for one answer of the health service', () => {
    const story = tellStory();
    story.activate();
    begin(story);
    story.pass(2000);
    expect(story.world.isRunning('probe')).toBe(false);
    story.pass(50);
    expect(story.world.isRunning('probe')).toBe(true);
  });
});

describe('a plugin that does not start', () => {
  it('is killed when no line comes within the start timeout', () => {
    const story = tellStory({ restart: { restart: 'temporary' } });
    story.activate();
    story.world.running('process').say({ type: 'process.started', process: handle(story.clock.now()) });
    story.pass(14_999);
    expect(story.state()).toBe('handshaking');
    story.pass(1);
    expect(story.state()).toBe('stopping');
    expect(story.world.running('signal').detail).toBe('SIGKILL');
    exit(story.world, { signal: 'SIGKILL' });
    expect(story.status()).toMatchObject({
      state: 'crashed',
      lastExit: { kind: 'handshake', signal: 'SIGKILL', rung: 'killing', error: { code: 'START_TIMEOUT' } },
    });
  });

  it.each([
    ['dial', 'CONNECT_FAILED', 0],
    ['health', 'HEALTH_TIMEOUT', 1],
    ['hooks', 'HOOK_TIMEOUT', 2],
  ] as const)('says that it was the %s that took too long', (phase, code, steps) => {
    const story = tellStory({ restart: { restart: 'temporary' } });
    story.activate();
    begin(story, steps);
    story.pass(15_000);
    exit(story.world, { signal: 'SIGKILL' });
    expect(story.status().error).toMatchObject({ code, phase });
  });

  it('tells what it printed instead of a handshake line', () => {
    const story = tellStory({ restart: { restart: 'temporary' } });
    story.activate();
    story.world.running('process').say({ type: 'process.started', process: handle(0) });
    story.world.running('handshake').say({ type: 'handshake.noise', line: 'hello' });
    story.pass(15_000);
    exit(story.world, { signal: 'SIGKILL' });
    expect(story.status().error).toMatchObject({ code: 'HANDSHAKE_UNRECOGNIZED' });
    expect(story.status().error?.message).toContain('"hello"');
  });

  it('is killed at once when its line is refused', () => {
    const story = tellStory({ restart: { restart: 'temporary' } });
    story.activate();
    story.world.running('process').say({ type: 'process.started', process: handle(0) });
    const error = new PluginError({ code: 'PROTOCOL_UNSUPPORTED', message: 'netrpc', phase: 'handshake' });
    story.world.running('handshake').say({ type: 'handshake.rejected', error });
    expect(story.world.running('signal').detail).toBe('SIGKILL');
    exit(story.world, { signal: 'SIGKILL' });
    expect(story.status().error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED', plugin: hero });
  });

  it('is told with its exit code when it ends before its line', () => {
    const story = tellStory({ restart: { restart: 'temporary' } });
    story.activate();
    story.world.running('process').say({ type: 'process.started', process: handle(0) });
    exit(story.world, { code: 3 });
    expect(story.status().lastExit).toMatchObject({
      kind: 'handshake',
      code: 3,
      rung: null,
      error: { code: 'EXITED_BEFORE_HANDSHAKE', facts: { exitCode: 3 } },
    });
  });

  it('never becomes a process when the spawn fails', () => {
    const story = tellStory({ restart: { restart: 'temporary' } });
    story.activate();
    failToSpawn(story.world, new PluginError({ code: 'SPAWN_FAILED', message: 'EAGAIN' }));
    expect(story.status()).toMatchObject({ state: 'crashed', pid: null, lastExit: { kind: 'spawn' } });
  });

  it('is not spawned for ever', () => {
    const story = tellStory({ restart: { restart: 'temporary' } });
    story.activate();
    story.pass(15_000);
    expect(story.state()).toBe('crashed');
    expect(story.world.isRunning('process')).toBe(false);
  });
});

describe('a plugin that is deactivated', () => {
  it('climbs down the whole ladder, each rung with its own deadline', () => {
    const story = tellStory();
    story.activate();
    startWell(story.world);
    story.deactivate();
    expect(story.snapshot().value).toEqual({ live: { stopping: 'draining' } });
    story.pass(5000);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'asking' } });
    story.pass(2000);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'terminating' } });
    expect(story.world.running('signal').detail).toBe('SIGTERM');
    story.pass(3000);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'killing' } });
    exit(story.world, { signal: 'SIGKILL' });
    expect(story.status()).toMatchObject({
      state: 'idle',
      wanted: false,
      error: null,
      lastExit: { rung: 'killing', error: null },
    });
  });

  it('runs OnDeactivate where the plugin implements it, and not for ever', () => {
    const story = tellStory();
    story.activate();
    begin(story, 2);
    story.world.running('onActivate').say({ type: 'hook.returned', hooks: ['OnActivate', 'OnDeactivate'] });
    story.deactivate();
    story.world.running('drain').say({ type: 'drain.finished' });
    expect(story.world.isRunning('onDeactivate')).toBe(true);
    story.pass(10_000);
    expect(story.world.isRunning('onDeactivate')).toBe(false);
    expect(story.world.isRunning('shutdown')).toBe(true);
  });

  it('is sent SIGTERM at once when it has no GRPCController', () => {
    const story = tellStory();
    story.activate();
    startWell(story.world);
    story.deactivate();
    story.world.running('drain').say({ type: 'drain.finished' });
    story.world.running('shutdown').say({ type: 'shutdown.unsupported' });
    expect(story.world.running('signal').detail).toBe('SIGTERM');
  });

  it('is brought down while it is spawning, and never becomes healthy', () => {
    const story = tellStory();
    story.activate();
    story.deactivate();
    expect(story.state()).toBe('spawning');
    story.world.running('process').say({ type: 'process.started', process: handle(0) });
    expect(story.world.running('signal').detail).toBe('SIGKILL');
    exit(story.world, { signal: 'SIGKILL' });
    expect(story.status()).toMatchObject({ state: 'idle', error: null });
  });

  it('is declared lost when it outlives SIGKILL, and rests', () => {
    const story = tellStory();
    story.activate();
    startWell(story.world);
    story.deactivate();
    for (const ms of [5000, 2000, 3000, 5000]) story.pass(ms);
    expect(story.status()).toMatchObject({
      state: 'idle',
      lastExit: { kind: 'lost' },
      error: { code: 'RUNNER_LOST' },
    });
  });

  it('comes back as a new generation when it is activated meanwhile', () => {
    const story = tellStory();
    story.activate();
    startWell(story.world);
    story.deactivate();
    story.activate();
    expect(story.status()).toMatchObject({ state: 'stopping', generation: 1, wanted: true });
    exit(story.world, { code: 0 });
    expect(story.status()).toMatchObject({ state: 'spawning', generation: 2, restarts: 0 });
  });
});

describe('a healthy plugin', () => {
  it('ignores a late fact of an older generation', () => {
    const story = tellStory();
    story.activate();
    startWell(story.world);
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
function begin(story: ReturnType<typeof tellStory>, steps: 0 | 1 | 2 = 1): void {
  story.world.running('process').say({ type: 'process.started', process: handle(story.clock.now()) });
  story.world.running('handshake').say({
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
  story.world.running('dial').say({
    type: 'channel.ready',
    channel: { address: 'unix:/x', transport: 'plaintext', multiplexed: false },
  });
  if (steps === 1) return;
  story.world.running('probe').say({ type: 'probe.passed', ms: 1 });
}
