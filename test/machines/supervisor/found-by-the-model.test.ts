import { PluginError } from '../../../src/model/index.js';
import {
  emitExit,
  emitSpawnFailure,
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

describe('a plugin that waits for its turn', () => {
  it('is told when what it requires is removed', () => {
    const grove = createGroups({}, { [a]: {}, [b]: { requires: [a] } });
    grove.activate(b);
    expect(grove.states()).toEqual({ [a]: 'spawning', [b]: 'pending' });
    grove.root.send({ type: 'bundle.removed', plugin: a });
    expect(grove.status(b)).toMatchObject({
      state: 'idle',
      wanted: false,
      error: { code: 'REQUIREMENT_UNMET', facts: { requirement: a } },
    });
  });

  it('has no turn left over once it was reattached', () => {
    const grove = createGroups({}, { [a]: {}, [b]: {} }, { startConcurrency: 1 });
    grove.root.send({ type: 'environment.activateAll' });
    grove.root.send({ type: 'environment.reattach', plugin: b, config });
    const error = new PluginError({ code: 'REATTACH_NOT_FOUND', message: 'not found' });
    emitSpawnFailure(grove.simulator, error, b);
    expect(grove.startAll()).toEqual([a]);
    expect(grove.state(b)).toBe('idle');
    expect(grove.status(b).generation).toBe(1);
  });

  it('comes by it though it is restarted while it starts', () => {
    const grove = createGroups({}, { [a]: {}, [b]: {} }, { startConcurrency: 1 });
    grove.activate(b);
    grove.root.send({ type: 'environment.restart', plugin: b });
    grove.activate(a);
    grove.advance(grove.snapshot(b).context.policy.deadlines.startMs);
    grove.startAll();
    expect(grove.states()).toEqual({ [a]: 'healthy', [b]: 'healthy' });
  });

  it('is none that is up already, however many are starting', () => {
    const grove = createGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: {} },
      { startConcurrency: 1 },
    );
    grove.root.send({ type: 'environment.activateAll' });
    grove.startAll();
    grove.crash(b);
    grove.activate(b);
    grove.activate(a);
    expect(grove.state(a)).toBe('healthy');
  });
});

describe('a plugin that is restarted while its group comes down', () => {
  it('stays wanted, also where it has to wait for what it requires', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: { group: 'group', requires: [a] } },
    );
    grove.crash(a);
    expect(grove.state(b)).toBe('stopping');
    grove.root.send({ type: 'environment.restart', plugin: b });
    expect(grove.status(b).wanted).toBe(true);
    grove.endAll();
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b]);
  });
});

describe('a plugin that waits for its turn while its group brings it down', () => {
  it('is waited for by its group', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: {}, [b]: { group: 'group', requires: [a] }, [c]: { group: 'group' } },
    );
    grove.crash(c);
    expect(grove.state(b)).toBe('stopping');
    grove.crash(a);
    grove.deactivate(b);
    grove.activate(b);
    expect(grove.group('group').state).toBe('stoppingChildren');
    emitExit(grove.simulator, { code: 0 }, b);
    grove.advance(0);
    grove.startAll();
    expect(grove.states()).toEqual({ [a]: 'healthy', [b]: 'healthy', [c]: 'healthy' });
  });
});

describe('a plugin that is reattached while its group waits for the group above', () => {
  it('comes down with the next restart', () => {
    const grove = createGroups(
      { outer: { strategy: 'one-for-all' }, inner: { parent: 'outer' } },
      { [a]: { group: 'outer' }, [b]: { group: 'inner' } },
    );
    grove.activate(a);
    grove.startAll();
    grove.crash(a);
    expect(grove.group('inner').state).toBe('suspended');
    grove.root.send({ type: 'environment.reattach', plugin: b, config });
    grove.simulator.running('process', b).emit({
      type: 'process.attached',
      process: simulatedProcessHandle(4712, 0),
      handshake: simulatedHandshake(),
    });
    grove.advance(0);
    expect(grove.state(b)).toBe('handshaking');
    grove.crash(a);
    // It is let go of: nobody has seen yet that the process is the plugin.
    expect(grove.state(b)).toBe('idle');
  });
});

describe('a plugin that is reattached while it is up', () => {
  it('does not keep its group from starting', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: { group: 'group' } },
    );
    grove.crash(b);
    grove.endAll();
    grove.advance(0);
    completeStart(grove.simulator, a);
    grove.root.send({ type: 'environment.reattach', plugin: a, config });
    grove.startAll();
    expect(grove.states()).toEqual({ [a]: 'healthy', [b]: 'healthy' });
    expect(grove.group('group').state).toBe('running');
  });
});

describe('a group whose work is done', () => {
  const significant = {
    group: 'group',
    significant: true,
    supervision: { restart: { restart: 'temporary' } },
  } as const;
  const options = { strategy: 'one-for-all', autoShutdown: 'any-significant' } as const;

  it('lets go of those that waited to start again with it', () => {
    const grove = createGroups({ group: options }, { [a]: significant, [b]: { group: 'group' } });
    grove.activate(b);
    grove.startAll();
    grove.crash(b);
    grove.activate(a);
    grove.crash(a);
    expect(grove.states()).toEqual({ [a]: 'crashed', [b]: 'idle' });
    expect(grove.status(b).wanted).toBe(false);
  });

  it('starts the one that was activated while it came down', () => {
    const grove = startGroups(
      { group: options },
      { [a]: significant, [b]: { group: 'group' }, [c]: { group: 'group' } },
    );
    grove.crash(a);
    expect(grove.state(c)).toBe('stopping');
    grove.activate(c);
    grove.endAll();
    expect(grove.startAll()).toEqual([c]);
    expect(grove.states()).toMatchObject({ [b]: 'idle', [c]: 'healthy' });
    expect(grove.group('group').state).toBe('running');
  });
});

describe('a temporary plugin of a group that was given up', () => {
  it('is started when somebody activates it, though its policy was another one then', () => {
    const grove = startGroups({ group: { intensity: 0 } }, { [a]: { group: 'group' } });
    grove.crash(a);
    expect(grove.state(a)).toBe('failed');
    const { policy } = grove.snapshot(a).context;
    const restart = { ...policy.restart, restart: 'temporary' as const };
    grove.root.send({ type: 'environment.setPolicy', plugin: a, policy: { ...policy, restart } });
    grove.activate(a);
    grove.advance(0);
    expect(grove.startAll()).toEqual([a]);
  });
});

describe('an environment that is stopped', () => {
  it('starts nothing that was to start again', () => {
    const grove = startGroups({ root: { strategy: 'rest-for-one' } }, { [a]: {}, [b]: {} });
    grove.deactivate(a);
    grove.activate(a);
    expect(grove.status(a)).toMatchObject({ state: 'stopping', wanted: true });
    grove.root.send({ type: 'environment.stop' });
    emitExit(grove.simulator, { code: 0 }, a);
    expect(grove.state(a)).toBe('idle');
    grove.endAll();
    expect(grove.root.getSnapshot().status).toBe('done');
  });
});

describe('a group within one whose work is done', () => {
  it('starts whom somebody activates meanwhile only when all are down', () => {
    const done = {
      group: 'outer',
      significant: true,
      supervision: { restart: { restart: 'temporary' } },
    } as const;
    const grove = startGroups(
      {
        outer: { strategy: 'one-for-all', autoShutdown: 'any-significant', members: [a, b] },
        inner: { parent: 'outer' },
      },
      { [a]: { group: 'outer' }, [b]: done, [c]: { group: 'inner' } },
    );
    grove.crash(b);
    expect(grove.states()).toMatchObject({ [a]: 'healthy', [c]: 'stopping' });
    grove.activate(c);
    emitExit(grove.simulator, { code: 0 }, c);
    expect(grove.states()).toMatchObject({ [a]: 'stopping', [c]: 'pending' });
    expect(grove.group('inner').state).toBe('suspended');
    emitExit(grove.simulator, { code: 0 }, a);
    expect(grove.startAll()).toEqual([c]);
    expect(grove.states()).toMatchObject({ [a]: 'idle', [c]: 'healthy' });
    expect(grove.group('inner').state).toBe('running');
  });
});

describe('a group that was given up with the one above', () => {
  it('is tried again with all of that, when one of its plugins is activated', () => {
    const grove = startGroups(
      { outer: { strategy: 'one-for-all', intensity: 0 }, inner: { parent: 'outer' } },
      { [a]: { group: 'outer' }, [b]: { group: 'inner' } },
    );
    grove.crash(a);
    grove.endAll();
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
    grove.activate(b);
    expect(grove.snapshot(b).context.because).toBe('supervisor.retried');
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b]);
    expect([grove.group('outer').state, grove.group('inner').state]).toEqual(['running', 'running']);
  });
});

describe('a plugin that was reattached after its group was given up', () => {
  it('stays as it is when somebody activates it: it is up', () => {
    const grove = startGroups(
      { root: { strategy: 'one-for-all', intensity: 0 } },
      { [a]: { supervision: { restart: { restart: 'temporary' } } }, [b]: {} },
    );
    grove.crash(b);
    grove.endAll();
    grove.root.send({ type: 'environment.reattach', plugin: a, config });
    grove.simulator.running('process', a).emit({
      type: 'process.attached',
      process: simulatedProcessHandle(4712, 0),
      handshake: simulatedHandshake(),
    });
    expect(grove.state(a)).toBe('handshaking');
    grove.activate(a);
    grove.advance(0);
    expect(grove.status(a)).toMatchObject({ state: 'handshaking', generation: 2 });
    expect(grove.state(b)).toBe('failed');
  });
});

describe('a plugin that leaves', () => {
  it('does not wait for a sibling that is only restarted', () => {
    const grove = startGroups({ root: { strategy: 'one-for-all' } }, { [a]: {}, [b]: {}, [c]: {} });
    grove.root.send({ type: 'environment.restart', plugin: c });
    expect(grove.state(c)).toBe('stopping');
    grove.deactivate(a);
    expect(grove.state(a)).toBe('stopping');
  });
});

describe('a group that was given up', () => {
  it('takes those along that were added since, and does not start them twice', () => {
    const grove = startGroups({ root: { strategy: 'one-for-all', intensity: 0 } }, { [b]: {} });
    grove.crash(b);
    expect(grove.group('root').state).toBe('failed');
    grove.add(a, { restart: { restart: 'temporary' } });
    grove.activate(a);
    grove.advance(0);
    completeStart(grove.simulator, a);
    completeStart(grove.simulator, b);
    expect(grove.status(a)).toMatchObject({ state: 'healthy', generation: 1 });
    expect(grove.state(b)).toBe('healthy');
  });
});
