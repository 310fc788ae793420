import { emitExit, completeStart } from '../../../src/testing/index.js';
import type { GroupOptions } from '../../../src/model/index.js';
import { startGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

const [a, b, c] = ['com.example.a', 'com.example.b', 'com.example.c'];
const eager = { restart: { backoff: { firstMs: 10_000 } } };

function trio(options: GroupOptions, supervision = {}): SimulatedGroups {
  const sapling = { group: 'group', supervision };
  return startGroups({ group: options }, { [a]: sapling, [b]: sapling, [c]: sapling });
}

/** The middle one fell, its siblings are down, and the pause is under way. */
function pausing(options: GroupOptions = { strategy: 'one-for-all' }): SimulatedGroups {
  const grove = trio(options, eager);
  grove.crash(b);
  grove.endAll();
  expect(grove.group('group').state).toBe('backingOff');
  return grove;
}

describe('siblings that are brought down', () => {
  it('stay wanted, come down one after the other, and say because of whom', () => {
    const grove = trio({ strategy: 'one-for-all' });
    grove.crash(b);
    expect(grove.states()).toEqual({ [a]: 'healthy', [b]: 'restarting', [c]: 'stopping' });
    expect(grove.status(c)).toMatchObject({ wanted: true, retryAt: null });
    expect(grove.snapshot(c).context.because).toBe(`sibling.ended ${b}`);
    emitExit(grove.simulator, { code: 0 }, c);
    expect(grove.states()).toEqual({ [a]: 'stopping', [b]: 'restarting', [c]: 'restarting' });
    emitExit(grove.simulator, { code: 0 }, a);
    expect(grove.snapshot(a).context.because).toBe(`sibling.ended ${b}`);
    expect(grove.status(a)).toMatchObject({ wanted: true, lastExit: { error: null, stopStep: 'draining' } });
  });

  it('go down their ordinary ladder', () => {
    const grove = trio({ strategy: 'one-for-all' });
    grove.crash(b);
    const { drainMs, shutdownMs, termMs } = grove.snapshot(c).context.policy.deadlines;
    expect(grove.simulator.isRunning('drain', c)).toBe(true);
    grove.advance(drainMs);
    expect(grove.simulator.isRunning('shutdown', c)).toBe(true);
    grove.advance(shutdownMs);
    expect(grove.simulator.running('signal', c).detail).toBe('SIGTERM');
    grove.advance(termMs);
    expect(grove.simulator.running('signal', c).detail).toBe('SIGKILL');
  });

  it('start again one after the other, each when the one before is healthy', () => {
    const grove = trio({ strategy: 'one-for-all' });
    grove.crash(b);
    grove.endAll();
    grove.advance(0);
    expect(grove.states()).toEqual({ [a]: 'spawning', [b]: 'restarting', [c]: 'restarting' });
    completeStart(grove.simulator, a);
    expect(grove.states()).toEqual({ [a]: 'healthy', [b]: 'spawning', [c]: 'restarting' });
    completeStart(grove.simulator, b);
    completeStart(grove.simulator, c);
    expect(grove.group('group').state).toBe('running');
  });

  it('wait for the pause of the one that fell, once', () => {
    const grove = pausing();
    grove.advance(9_999);
    expect(grove.states()).toEqual({ [a]: 'restarting', [b]: 'restarting', [c]: 'restarting' });
    grove.advance(1);
    expect(grove.startAll()).toEqual([a, b, c]);
  });

  it('are not restarted with their group when they are temporary', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all' } },
      {
        [a]: { group: 'group', supervision: { restart: { restart: 'temporary' } } },
        [b]: { group: 'group' },
      },
    );
    grove.crash(b);
    grove.endAll();
    grove.advance(0);
    expect(grove.startAll()).toEqual([b]);
    expect(grove.status(a)).toMatchObject({ state: 'idle', wanted: false });
  });

  it('stay down when they were down before', () => {
    const grove = trio({ strategy: 'one-for-all' });
    grove.deactivate(c);
    grove.endAll();
    grove.crash(b);
    grove.endAll();
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b]);
    expect(grove.state(c)).toBe('idle');
  });
});

describe('a sibling that dies while its group comes down', () => {
  it('is one of those that start again, and costs the group no second restart', () => {
    const grove = trio({ strategy: 'one-for-all', intensity: 1 });
    grove.crash(b);
    grove.crash(a, { signal: 'SIGKILL' });
    expect(grove.state(a)).toBe('restarting');
    grove.endAll();
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b, c]);
    expect(grove.group('group').restartsLeft).toBe(0);
    expect(grove.reports.map(({ type }) => type)).toEqual(['supervisor.restarting']);
  });

  it('takes those before the first one with it under rest-for-one', () => {
    const grove = trio({ strategy: 'rest-for-one' }, eager);
    grove.crash(c);
    expect(grove.group('group').state).toBe('backingOff');
    grove.crash(a);
    expect(grove.states()).toEqual({ [a]: 'restarting', [b]: 'stopping', [c]: 'restarting' });
    grove.endAll();
    grove.advance(10_000);
    expect(grove.startAll()).toEqual([a, b, c]);
  });

  it('makes the group give up when it is not tried any more', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group', supervision: { restart: { intensity: 0 } } }, [b]: { group: 'group' } },
    );
    grove.crash(b);
    expect(grove.state(a)).toBe('stopping');
    const again = trio({ strategy: 'one-for-all' }, { restart: { intensity: 1 } });
    again.crash(b);
    again.endAll();
    again.advance(0);
    again.startAll();
    again.crash(b);
    again.endAll();
    expect(again.states()).toEqual({ [a]: 'failed', [b]: 'failed', [c]: 'failed' });
  });
});

describe('a sibling that dies while its group starts again', () => {
  it('is a new failure of the group, and those that had no turn yet still come', () => {
    const grove = trio({ strategy: 'one-for-all', intensity: 2 });
    grove.crash(b);
    grove.endAll();
    grove.advance(0);
    completeStart(grove.simulator, a);
    grove.crash(b, { code: 3 });
    expect(grove.group('group').restartsLeft).toBe(0);
    grove.endAll();
    grove.advance(1000);
    expect(grove.startAll()).toEqual([a, b, c]);
  });
});

describe('while a group pauses', () => {
  it('a plugin that is deactivated stays down when the others start', () => {
    const grove = pausing();
    grove.deactivate(a);
    expect(grove.state(a)).toBe('idle');
    grove.advance(10_000);
    expect(grove.startAll()).toEqual([b, c]);
  });

  it('the one that fell may be deactivated, and the others start all the same', () => {
    const grove = pausing();
    grove.deactivate(b);
    grove.advance(10_000);
    expect(grove.startAll()).toEqual([a, c]);
    expect(grove.status(b)).toMatchObject({ state: 'idle', wanted: false });
  });

  it('an activation cuts the pause short for all', () => {
    const grove = pausing();
    grove.activate(c);
    expect(grove.startAll()).toEqual([a, b, c]);
    grove.advance(10_000);
    expect(grove.generations()).toEqual({ [a]: 2, [b]: 2, [c]: 2 });
  });

  it('a plugin that was deactivated and is activated again starts with the others', () => {
    const grove = pausing();
    grove.deactivate(a);
    grove.activate(a);
    expect(grove.startAll()).toEqual([a, b, c]);
  });

  it('a plugin can be removed, and the others start', () => {
    const grove = pausing();
    grove.deactivate(b);
    grove.root.send({ type: 'bundle.removed', plugin: b });
    grove.advance(10_000);
    completeStart(grove.simulator, a);
    completeStart(grove.simulator, c);
    expect(grove.group('group')).toMatchObject({ state: 'running', children: [{ id: a }, { id: c }] });
  });

  it('the environment stops at once', () => {
    const grove = pausing();
    grove.root.send({ type: 'environment.stop' });
    expect(grove.root.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
    expect(grove.simulator.count('process')).toBe(0);
  });
});

describe('while a group comes down', () => {
  it('a plugin that is deactivated stays down', () => {
    const grove = trio({ strategy: 'one-for-all' });
    grove.crash(b);
    grove.deactivate(a);
    grove.endAll();
    grove.advance(0);
    expect(grove.startAll()).toEqual([b, c]);
    expect(grove.state(a)).toBe('idle');
  });

  it('a plugin that is removed does not hold up the others', () => {
    const grove = trio({ strategy: 'one-for-all' });
    grove.crash(b);
    expect(grove.state(c)).toBe('stopping');
    grove.root.send({ type: 'bundle.removed', plugin: c });
    grove.root.send({ type: 'bundle.removed', plugin: b });
    emitExit(grove.simulator, { code: 0 }, a);
    grove.advance(0);
    completeStart(grove.simulator, a);
    expect(grove.group('group')).toMatchObject({ state: 'running', children: [{ id: a }] });
  });

  it('the environment stops when the last process has ended', () => {
    const grove = trio({ strategy: 'one-for-all' });
    grove.crash(b);
    grove.root.send({ type: 'environment.stop' });
    expect(grove.root.getSnapshot().matches('stopping')).toBe(true);
    grove.endAll();
    expect(grove.root.getSnapshot().status).toBe('done');
    expect(grove.simulator.count('process')).toBe(0);
  });

  it('a plugin that is activated comes with its group, and without the pause', () => {
    const grove = trio({ strategy: 'one-for-all' }, eager);
    grove.crash(b);
    grove.activate(a);
    grove.endAll();
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b, c]);
    expect(grove.generations()).toEqual({ [a]: 2, [b]: 2, [c]: 2 });
  });
});

describe('a plugin that is spawned when its group is to come down', () => {
  it('is ended as soon as it has a process, and starts again with the others', () => {
    const grove = trio({ strategy: 'one-for-all' });
    grove.root.send({ type: 'environment.restart', plugin: c });
    emitExit(grove.simulator, { code: 0 }, c);
    expect(grove.state(c)).toBe('spawning');
    grove.crash(b);
    grove.simulator.running('process', c).emit({
      type: 'process.started',
      process: { pid: 9, startedAt: 0, stderrTail: () => '' },
    });
    expect(grove.simulator.running('signal', c).detail).toBe('SIGKILL');
    emitExit(grove.simulator, { signal: 'SIGKILL' }, c);
    grove.endAll();
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b, c]);
  });
});
