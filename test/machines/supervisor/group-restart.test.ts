import { emitExit, completeStart } from '../../../src/testing/index.js';
import type { GroupOptions } from '../../../src/model/index.js';
import { startGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

const [a, b, c] = ['com.example.a', 'com.example.b', 'com.example.c'];
const noBackoff = { restart: { backoff: { firstMs: 10_000 } } };

function threePlugins(options: GroupOptions, supervision = {}): SimulatedGroups {
  const sapling = { group: 'group', supervision };
  return startGroups({ group: options }, { [a]: sapling, [b]: sapling, [c]: sapling });
}

/** The second plugin has crashed, its siblings have stopped, and the backoff is running. */
function pausing(options: GroupOptions = { strategy: 'one-for-all' }): SimulatedGroups {
  const tree = threePlugins(options, noBackoff);
  tree.crash(b);
  tree.endAll();
  expect(tree.group('group').state).toBe('backingOff');
  return tree;
}

describe('siblings that are stopped', () => {
  it('stay wanted, stop one after the other, and name the sibling that has ended', () => {
    const tree = threePlugins({ strategy: 'one-for-all' });
    tree.crash(b);
    expect(tree.states()).toEqual({ [a]: 'healthy', [b]: 'restarting', [c]: 'stopping' });
    expect(tree.status(c)).toMatchObject({ wanted: true, retryAt: null });
    expect(tree.snapshot(c).context.because).toBe(`sibling.ended ${b}`);
    emitExit(tree.simulator, { code: 0 }, c);
    expect(tree.states()).toEqual({ [a]: 'stopping', [b]: 'restarting', [c]: 'restarting' });
    emitExit(tree.simulator, { code: 0 }, a);
    expect(tree.snapshot(a).context.because).toBe(`sibling.ended ${b}`);
    expect(tree.status(a)).toMatchObject({ wanted: true, lastExit: { error: null, stopStep: 'draining' } });
  });

  it('go down their ordinary ladder', () => {
    const tree = threePlugins({ strategy: 'one-for-all' });
    tree.crash(b);
    const { drainMs, shutdownMs, termMs } = tree.snapshot(c).context.policy.deadlines;
    expect(tree.simulator.isRunning('drain', c)).toBe(true);
    tree.advance(drainMs);
    expect(tree.simulator.isRunning('shutdown', c)).toBe(true);
    tree.advance(shutdownMs);
    expect(tree.simulator.running('signal', c).detail).toBe('SIGTERM');
    tree.advance(termMs);
    expect(tree.simulator.running('signal', c).detail).toBe('SIGKILL');
  });

  it('start again one after the other, each when the one before is healthy', () => {
    const tree = threePlugins({ strategy: 'one-for-all' });
    tree.crash(b);
    tree.endAll();
    tree.advance(0);
    expect(tree.states()).toEqual({ [a]: 'spawning', [b]: 'restarting', [c]: 'restarting' });
    completeStart(tree.simulator, a);
    expect(tree.states()).toEqual({ [a]: 'healthy', [b]: 'spawning', [c]: 'restarting' });
    completeStart(tree.simulator, b);
    completeStart(tree.simulator, c);
    expect(tree.group('group').state).toBe('running');
  });

  it('wait for the backoff of the crashed plugin, once', () => {
    const tree = pausing();
    tree.advance(9_999);
    expect(tree.states()).toEqual({ [a]: 'restarting', [b]: 'restarting', [c]: 'restarting' });
    tree.advance(1);
    expect(tree.startAll()).toEqual([a, b, c]);
  });

  it('are not restarted with their group when they are temporary', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all' } },
      {
        [a]: { group: 'group', supervision: { restart: { restart: 'temporary' } } },
        [b]: { group: 'group' },
      },
    );
    tree.crash(b);
    tree.endAll();
    tree.advance(0);
    expect(tree.startAll()).toEqual([b]);
    expect(tree.status(a)).toMatchObject({ state: 'idle', wanted: false });
  });

  it('stay down when they were down before', () => {
    const tree = threePlugins({ strategy: 'one-for-all' });
    tree.deactivate(c);
    tree.endAll();
    tree.crash(b);
    tree.endAll();
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b]);
    expect(tree.state(c)).toBe('idle');
  });
});

describe('a sibling that crashes during a group stop', () => {
  it('is one of those that start again, and costs the group no second restart', () => {
    const tree = threePlugins({ strategy: 'one-for-all', intensity: 1 });
    tree.crash(b);
    tree.crash(a, { signal: 'SIGKILL' });
    expect(tree.state(a)).toBe('restarting');
    tree.endAll();
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b, c]);
    expect(tree.group('group').restartsLeft).toBe(0);
    expect(tree.reports.map(({ type }) => type)).toEqual(['supervisor.restarting']);
  });

  it('extends the group stop to those between under rest-for-one', () => {
    const tree = threePlugins({ strategy: 'rest-for-one' }, noBackoff);
    tree.crash(c);
    expect(tree.group('group').state).toBe('backingOff');
    tree.crash(a);
    expect(tree.states()).toEqual({ [a]: 'restarting', [b]: 'stopping', [c]: 'restarting' });
    tree.endAll();
    tree.advance(10_000);
    expect(tree.startAll()).toEqual([a, b, c]);
  });

  it('makes the group give up when it is not tried any more', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group', supervision: { restart: { intensity: 0 } } }, [b]: { group: 'group' } },
    );
    tree.crash(b);
    expect(tree.state(a)).toBe('stopping');
    const again = threePlugins({ strategy: 'one-for-all' }, { restart: { intensity: 1 } });
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
  it('is a new failure of the group, and siblings that were not started yet still start', () => {
    const tree = threePlugins({ strategy: 'one-for-all', intensity: 2 });
    tree.crash(b);
    tree.endAll();
    tree.advance(0);
    completeStart(tree.simulator, a);
    tree.crash(b, { code: 3 });
    expect(tree.group('group').restartsLeft).toBe(0);
    tree.endAll();
    tree.advance(1000);
    expect(tree.startAll()).toEqual([a, b, c]);
  });
});

describe('while a group pauses', () => {
  it('a plugin that is deactivated stays down when the others start', () => {
    const tree = pausing();
    tree.deactivate(a);
    expect(tree.state(a)).toBe('idle');
    tree.advance(10_000);
    expect(tree.startAll()).toEqual([b, c]);
  });

  it('the crashed plugin may be deactivated, and the others still start', () => {
    const tree = pausing();
    tree.deactivate(b);
    tree.advance(10_000);
    expect(tree.startAll()).toEqual([a, c]);
    expect(tree.status(b)).toMatchObject({ state: 'idle', wanted: false });
  });

  it('an activation cuts the pause short for all', () => {
    const tree = pausing();
    tree.activate(c);
    expect(tree.startAll()).toEqual([a, b, c]);
    tree.advance(10_000);
    expect(tree.generations()).toEqual({ [a]: 2, [b]: 2, [c]: 2 });
  });

  it('a plugin that was deactivated and is activated again starts with the others', () => {
    const tree = pausing();
    tree.deactivate(a);
    tree.activate(a);
    expect(tree.startAll()).toEqual([a, b, c]);
  });

  it('a plugin can be removed, and the others start', () => {
    const tree = pausing();
    tree.deactivate(b);
    tree.root.send({ type: 'bundle.removed', plugin: b });
    tree.advance(10_000);
    completeStart(tree.simulator, a);
    completeStart(tree.simulator, c);
    expect(tree.group('group')).toMatchObject({ state: 'running', children: [{ id: a }, { id: c }] });
  });

  it('the environment stops at once', () => {
    const tree = pausing();
    tree.root.send({ type: 'environment.stop' });
    expect(tree.root.getSnapshot()).toMatchObject({ value: 'stopped', status: 'done' });
    expect(tree.simulator.count('process')).toBe(0);
  });
});

describe('during a group stop', () => {
  it('a plugin that is deactivated stays down', () => {
    const tree = threePlugins({ strategy: 'one-for-all' });
    tree.crash(b);
    tree.deactivate(a);
    tree.endAll();
    tree.advance(0);
    expect(tree.startAll()).toEqual([b, c]);
    expect(tree.state(a)).toBe('idle');
  });

  it('a plugin that is removed does not delay the others', () => {
    const tree = threePlugins({ strategy: 'one-for-all' });
    tree.crash(b);
    expect(tree.state(c)).toBe('stopping');
    tree.root.send({ type: 'bundle.removed', plugin: c });
    tree.root.send({ type: 'bundle.removed', plugin: b });
    emitExit(tree.simulator, { code: 0 }, a);
    tree.advance(0);
    completeStart(tree.simulator, a);
    expect(tree.group('group')).toMatchObject({ state: 'running', children: [{ id: a }] });
  });

  it('the environment stops when the last process has ended', () => {
    const tree = threePlugins({ strategy: 'one-for-all' });
    tree.crash(b);
    tree.root.send({ type: 'environment.stop' });
    expect(tree.root.getSnapshot().matches('stopping')).toBe(true);
    tree.endAll();
    expect(tree.root.getSnapshot().status).toBe('done');
    expect(tree.simulator.count('process')).toBe(0);
  });

  it('a plugin that is activated comes with its group, and without the pause', () => {
    const tree = threePlugins({ strategy: 'one-for-all' }, noBackoff);
    tree.crash(b);
    tree.activate(a);
    tree.endAll();
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b, c]);
    expect(tree.generations()).toEqual({ [a]: 2, [b]: 2, [c]: 2 });
  });
});

describe('a plugin that is spawning when its group is stopped', () => {
  it('is ended as soon as it has a process, and starts again with the others', () => {
    const tree = threePlugins({ strategy: 'one-for-all' });
    tree.root.send({ type: 'environment.restart', plugin: c });
    emitExit(tree.simulator, { code: 0 }, c);
    expect(tree.state(c)).toBe('spawning');
    tree.crash(b);
    tree.simulator.running('process', c).emit({
      type: 'process.started',
      process: { pid: 9, startedAt: 0, stderrTail: () => '', lastPrinted: () => null },
    });
    expect(tree.simulator.running('signal', c).detail).toBe('SIGKILL');
    emitExit(tree.simulator, { signal: 'SIGKILL' }, c);
    tree.endAll();
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b, c]);
  });
});
