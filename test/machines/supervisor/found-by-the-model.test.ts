import { PluginError } from '../../../src/model/index.js';
import {
  emitExit,
  emitSpawnFailure,
  simulatedChannel,
  simulatedHandshake,
  simulatedProcessHandle,
  completeStart,
} from '../../../src/testing/index.js';
import { startGroups, createGroups } from '../../support/simulated-groups.js';

const [a, b, c] = ['com.example.a', 'com.example.b', 'com.example.c'];
const config = {
  protocol: 'grpc',
  protocolVersion: 1,
  addr: { network: 'unix', string: '/simulated' },
  pid: 4712,
  test: false,
} as const;

describe('a queued plugin', () => {
  it('is rejected when what it requires is removed', () => {
    const tree = createGroups({}, { [a]: {}, [b]: { requires: [a] } });
    tree.activate(b);
    expect(tree.states()).toEqual({ [a]: 'spawning', [b]: 'pending' });
    tree.root.send({ type: 'bundle.removed', plugin: a });
    expect(tree.status(b)).toMatchObject({
      state: 'idle',
      wanted: false,
      error: { code: 'REQUIREMENT_UNMET', facts: { requirement: a } },
    });
  });

  it('is no longer queued once it was reattached', () => {
    const tree = createGroups({}, { [a]: {}, [b]: {} }, { startConcurrency: 1 });
    tree.root.send({ type: 'environment.activateAll' });
    tree.root.send({ type: 'environment.reattach', plugin: b, config });
    const error = new PluginError({ code: 'REATTACH_NOT_FOUND', message: 'not found' });
    emitSpawnFailure(tree.simulator, error, b);
    expect(tree.startAll()).toEqual([a]);
    expect(tree.state(b)).toBe('idle');
    expect(tree.status(b).generation).toBe(1);
  });

  it('gets a start slot though it is restarted while it starts', () => {
    const tree = createGroups({}, { [a]: {}, [b]: {} }, { startConcurrency: 1 });
    tree.activate(b);
    tree.root.send({ type: 'environment.restart', plugin: b });
    tree.activate(a);
    tree.advance(tree.snapshot(b).context.policy.deadlines.startMs);
    tree.startAll();
    expect(tree.states()).toEqual({ [a]: 'healthy', [b]: 'healthy' });
  });

  it('is not one that runs already, however many are starting', () => {
    const tree = createGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: {} },
      { startConcurrency: 1 },
    );
    tree.root.send({ type: 'environment.activateAll' });
    tree.startAll();
    tree.crash(b);
    tree.activate(b);
    tree.activate(a);
    expect(tree.state(a)).toBe('healthy');
  });
});

describe('a plugin that is restarted during a group stop', () => {
  it('stays wanted, also where it is queued for what it requires', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: { group: 'group', requires: [a] } },
    );
    tree.crash(a);
    expect(tree.state(b)).toBe('stopping');
    tree.root.send({ type: 'environment.restart', plugin: b });
    expect(tree.status(b).wanted).toBe(true);
    tree.endAll();
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b]);
  });
});

describe('a queued plugin during a group stop', () => {
  it('delays the group start until it has stopped', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: {}, [b]: { group: 'group', requires: [a] }, [c]: { group: 'group' } },
    );
    tree.crash(c);
    expect(tree.state(b)).toBe('stopping');
    tree.crash(a);
    tree.deactivate(b);
    tree.activate(b);
    expect(tree.group('group').state).toBe('stoppingChildren');
    emitExit(tree.simulator, { code: 0 }, b);
    tree.advance(0);
    tree.startAll();
    expect(tree.states()).toEqual({ [a]: 'healthy', [b]: 'healthy', [c]: 'healthy' });
  });
});

describe('a plugin that is reattached while its group is suspended', () => {
  it('is stopped by the next group restart', () => {
    const tree = createGroups(
      { outer: { strategy: 'one-for-all' }, inner: { parent: 'outer' } },
      { [a]: { group: 'outer' }, [b]: { group: 'inner' } },
    );
    tree.activate(a);
    tree.startAll();
    tree.crash(a);
    expect(tree.group('inner').state).toBe('suspended');
    tree.root.send({ type: 'environment.reattach', plugin: b, config });
    tree.simulator.running('process', b).emit({
      type: 'process.attached',
      process: simulatedProcessHandle(4712, 0),
      handshake: simulatedHandshake(),
    });
    tree.advance(0);
    expect(tree.state(b)).toBe('handshaking');
    tree.crash(a);
    // It is detached: the process has not proved yet that it is the plugin.
    expect(tree.state(b)).toBe('idle');
  });
});

describe('a plugin that is reattached while it is up', () => {
  it('does not keep its group from starting', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: { group: 'group' } },
    );
    tree.crash(b);
    tree.endAll();
    tree.advance(0);
    completeStart(tree.simulator, a);
    tree.root.send({ type: 'environment.reattach', plugin: a, config });
    tree.startAll();
    expect(tree.states()).toEqual({ [a]: 'healthy', [b]: 'healthy' });
    expect(tree.group('group').state).toBe('running');
  });
});

describe('a group whose work is done', () => {
  const significant = {
    group: 'group',
    significant: true,
    supervision: { restart: { restart: 'temporary' } },
  } as const;
  const options = { strategy: 'one-for-all', autoShutdown: 'any-significant' } as const;

  it('no longer suspends the siblings that were to start again with it', () => {
    const tree = createGroups({ group: options }, { [a]: significant, [b]: { group: 'group' } });
    tree.activate(b);
    tree.startAll();
    tree.crash(b);
    tree.activate(a);
    tree.crash(a);
    expect(tree.states()).toEqual({ [a]: 'crashed', [b]: 'idle' });
    expect(tree.status(b).wanted).toBe(false);
  });

  it('starts the one that was activated while it came down', () => {
    const tree = startGroups(
      { group: options },
      { [a]: significant, [b]: { group: 'group' }, [c]: { group: 'group' } },
    );
    tree.crash(a);
    expect(tree.state(c)).toBe('stopping');
    tree.activate(c);
    tree.endAll();
    expect(tree.startAll()).toEqual([c]);
    expect(tree.states()).toMatchObject({ [b]: 'idle', [c]: 'healthy' });
    expect(tree.group('group').state).toBe('running');
  });
});

describe('a temporary plugin of a group that was given up', () => {
  it('is started by an activation, though its policy was another one then', () => {
    const tree = startGroups({ group: { intensity: 0 } }, { [a]: { group: 'group' } });
    tree.crash(a);
    expect(tree.state(a)).toBe('failed');
    const { policy } = tree.snapshot(a).context;
    const restart = { ...policy.restart, restart: 'temporary' as const };
    tree.root.send({ type: 'environment.setPolicy', plugin: a, policy: { ...policy, restart } });
    tree.activate(a);
    tree.advance(0);
    expect(tree.startAll()).toEqual([a]);
  });
});

describe('an environment that is stopped', () => {
  it('starts nothing that was to start again', () => {
    const tree = startGroups({ root: { strategy: 'rest-for-one' } }, { [a]: {}, [b]: {} });
    tree.deactivate(a);
    tree.activate(a);
    expect(tree.status(a)).toMatchObject({ state: 'stopping', wanted: true });
    tree.root.send({ type: 'environment.stop' });
    emitExit(tree.simulator, { code: 0 }, a);
    expect(tree.state(a)).toBe('idle');
    tree.endAll();
    expect(tree.root.getSnapshot().status).toBe('done');
  });
});

describe('a group within one whose work is done', () => {
  it('starts a plugin that is activated meanwhile only when all have stopped', () => {
    const done = {
      group: 'outer',
      significant: true,
      supervision: { restart: { restart: 'temporary' } },
    } as const;
    const tree = startGroups(
      {
        outer: { strategy: 'one-for-all', autoShutdown: 'any-significant', members: [a, b] },
        inner: { parent: 'outer' },
      },
      { [a]: { group: 'outer' }, [b]: done, [c]: { group: 'inner' } },
    );
    tree.crash(b);
    expect(tree.states()).toMatchObject({ [a]: 'healthy', [c]: 'stopping' });
    tree.activate(c);
    emitExit(tree.simulator, { code: 0 }, c);
    expect(tree.states()).toMatchObject({ [a]: 'stopping', [c]: 'pending' });
    expect(tree.group('inner').state).toBe('suspended');
    emitExit(tree.simulator, { code: 0 }, a);
    expect(tree.startAll()).toEqual([c]);
    expect(tree.states()).toMatchObject({ [a]: 'idle', [c]: 'healthy' });
    expect(tree.group('inner').state).toBe('running');
  });
});

describe('a group that was given up with the one above', () => {
  it('is tried again with all of that, when one of its plugins is activated', () => {
    const tree = startGroups(
      { outer: { strategy: 'one-for-all', intensity: 0 }, inner: { parent: 'outer' } },
      { [a]: { group: 'outer' }, [b]: { group: 'inner' } },
    );
    tree.crash(a);
    tree.endAll();
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
    tree.activate(b);
    expect(tree.snapshot(b).context.because).toBe('supervisor.retried');
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b]);
    expect([tree.group('outer').state, tree.group('inner').state]).toEqual(['running', 'running']);
  });
});

describe('a plugin that was reattached after its group was given up', () => {
  it('is not changed by an activation while it runs', () => {
    const tree = startGroups(
      { root: { strategy: 'one-for-all', intensity: 0 } },
      { [a]: { supervision: { restart: { restart: 'temporary' } } }, [b]: {} },
    );
    tree.crash(b);
    tree.endAll();
    tree.root.send({ type: 'environment.reattach', plugin: a, config });
    tree.simulator.running('process', a).emit({
      type: 'process.attached',
      process: simulatedProcessHandle(4712, 0),
      handshake: simulatedHandshake(),
    });
    expect(tree.state(a)).toBe('handshaking');
    tree.activate(a);
    tree.advance(0);
    expect(tree.status(a)).toMatchObject({ state: 'handshaking', generation: 2 });
    expect(tree.state(b)).toBe('failed');
  });
});

describe('a plugin that leaves', () => {
  it('does not wait for a sibling that is only restarted', () => {
    const tree = startGroups({ root: { strategy: 'one-for-all' } }, { [a]: {}, [b]: {}, [c]: {} });
    tree.root.send({ type: 'environment.restart', plugin: c });
    expect(tree.state(c)).toBe('stopping');
    tree.deactivate(a);
    expect(tree.state(a)).toBe('stopping');
  });
});

describe('a group that was given up', () => {
  it('takes those along that were added since, and does not start them twice', () => {
    const tree = startGroups({ root: { strategy: 'one-for-all', intensity: 0 } }, { [b]: {} });
    tree.crash(b);
    expect(tree.group('root').state).toBe('failed');
    tree.add(a, { restart: { restart: 'temporary' } });
    tree.activate(a);
    tree.advance(0);
    completeStart(tree.simulator, a);
    completeStart(tree.simulator, b);
    expect(tree.status(a)).toMatchObject({ state: 'healthy', generation: 1 });
    expect(tree.state(b)).toBe('healthy');
  });
});

describe('a plugin that is stopped when its failed group is tried again', () => {
  it('is given up when its own restart intensity says so', () => {
    const tree = createGroups(
      { root: { strategy: 'one-for-one', intensity: 0 } },
      { [a]: {}, [b]: { supervision: { restart: { intensity: 0 } } } },
    );
    tree.activate(a);
    tree.crash(a);
    expect(tree.group('root').state).toBe('failed');
    tree.root.send({
      type: 'environment.reattach',
      plugin: b,
      config: { ...config, startTime: '81234@boot' },
    });
    tree.simulator.running('process', b).emit({
      type: 'process.attached',
      process: simulatedProcessHandle(4712, 0),
      handshake: simulatedHandshake(),
    });
    tree.simulator.running('dial', b).emit({ type: 'channel.ready', channel: simulatedChannel() });
    tree.simulator.running('probe', b).emit({ type: 'probe.passed', ms: 1 });
    tree.simulator.running('onActivate', b).emit({ type: 'hook.returned', hooks: null });
    tree.root.send({ type: 'environment.activateAll' });
    expect(tree.state(b)).toBe('stopping');
    // It stays after SIGKILL: a failure of its own, and its policy allows none.
    const { drainMs, hookMs, shutdownMs, termMs, killMs } = tree.snapshot(b).context.policy.deadlines;
    tree.advance(drainMs + hookMs + shutdownMs + termMs + killMs);
    tree.startAll();
    expect(tree.states()).toEqual({ [a]: 'healthy', [b]: 'failed' });
    expect(tree.status(b).generation).toBe(1);
  });
});

describe('a plugin that is removed and added again while its group is stopped', () => {
  it('starts only after that stop, with the others', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: { group: 'group' }, [c]: { group: 'group' } },
    );
    tree.crash(a);
    expect(tree.group('group').state).toBe('stoppingChildren');
    tree.root.send({ type: 'bundle.removed', plugin: c });
    tree.add(c, {}, { group: 'group' });
    tree.activate(c);
    expect(tree.states()).toEqual({ [a]: 'restarting', [b]: 'stopping', [c]: 'pending' });
    tree.endAll();
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b, c]);
  });
});
