import type { AnyActorRef } from 'xstate';
import { supervisorRef } from '../../../src/machines/index.js';
import { completeStart } from '../../../src/testing/index.js';
import { startGroups, createGroups } from '../../support/simulated-groups.js';

const [a, b, outside] = ['com.example.a', 'com.example.b', 'com.example.z'];

describe('a large group', () => {
  const size = 250;
  const many = Object.fromEntries(
    Array.from({ length: size }, (_, index) => [
      `com.example.p${String(index).padStart(3, '0')}`,
      { group: 'crowd' },
    ]),
  );

  it('is spread over shards, which no status shows', () => {
    const tree = startGroups({ crowd: { strategy: 'rest-for-one' } }, many);
    const ids = Object.keys(many);
    const crowd = supervisorRef(tree.root.system, 'crowd')?.getSnapshot() as { children: object };
    expect(Object.keys(crowd.children).filter((id) => id.startsWith('shard:'))).toEqual([
      'shard:1',
      'shard:2',
    ]);
    expect(Object.keys(crowd.children)).toHaveLength(102);
    expect(tree.group('crowd').children).toHaveLength(size);
    const [exited = ''] = ids.slice(-10);
    tree.crash(exited);
    expect(tree.endAll()).toEqual(ids.slice(-9).reverse());
    tree.advance(0);
    expect(tree.startAll()).toEqual(ids.slice(-10));
  });

  it('replaces a plugin whose actor broke on a shard', () => {
    const tree = createGroups({ crowd: {} }, many);
    const id = Object.keys(many)[240] ?? '';
    tree.activate(id);
    const before = tree.ref(id);
    const stderrTail = (): string => {
      throw new Error('the exit record cannot be made, and the actor breaks');
    };
    tree.simulator.running('process', id).emit({
      type: 'process.started',
      process: { pid: 1, startedAt: 0, stderrTail, lastPrinted: () => null },
    });
    tree.crash(id);
    expect(tree.ref(id)).not.toBe(before);
    expect(tree.status(id)).toMatchObject({ state: 'idle', generation: 1 });
    tree.activate(id);
    completeStart(tree.simulator, id);
    expect(tree.status(id)).toMatchObject({ state: 'healthy', generation: 2 });
  });

  it('loses no plugin when a shard breaks: those on it are ended, and can be started again', () => {
    const tree = startGroups({ crowd: {} }, many);
    const ids = Object.keys(many);
    const crowd = supervisorRef(tree.root.system, 'crowd')?.getSnapshot() as {
      children: Record<string, AnyActorRef>;
    };
    crowd.children['shard:2']?.send({ type: 'shard.spawn', id: 'com.example.broken', input: null });
    expect(crowd.children['shard:2']?.getSnapshot()).toMatchObject({ status: 'error' });
    const rested = ids.filter((id) => tree.state(id) === 'idle');
    expect(rested).toEqual(ids.slice(200));
    expect(tree.simulator.count('process')).toBe(200);
    tree.root.send({ type: 'environment.activateAll' });
    expect(tree.startAll()).toEqual(rested);
    expect(tree.status(rested[0]).generation).toBe(2);
  });

  it('removes a plugin of a shard', () => {
    const tree = createGroups({ crowd: {} }, many);
    const id = Object.keys(many)[240] ?? '';
    tree.root.send({ type: 'bundle.removed', plugin: id });
    expect(tree.group('crowd').children).toHaveLength(size - 1);
    expect(tree.root.system.get(id)).toBeUndefined();
  });
});

describe('a supervisor that breaks', () => {
  it('takes its plugins with it, is spawned again, and says so; the others go on', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: { group: 'group' }, [outside]: {} },
    );
    const before = supervisorRef(tree.root.system, 'group');
    before?.send({ type: 'supervisor.children', children: null });
    expect(before?.getSnapshot()).toMatchObject({ status: 'error' });
    expect(tree.states()).toEqual({ [a]: 'idle', [b]: 'idle', [outside]: 'healthy' });
    expect(tree.simulator.count('process')).toBe(1);
    expect(tree.reports).toMatchObject([
      { type: 'supervisor.gaveUp', context: 'childBroke', offender: 'group', affected: [a, b] },
    ]);
    tree.activate(b);
    expect(tree.startAll()).toEqual([b]);
    expect(tree.status(b).generation).toBe(2);
  });

  it('is stopped again when it replaces one that its parent had stopped', () => {
    const tree = startGroups(
      { outer: { strategy: 'one-for-all', members: [a] }, inner: { parent: 'outer' } },
      { [a]: { group: 'outer' }, [b]: { group: 'inner' } },
    );
    tree.crash(a);
    expect(tree.group('inner').state).toBe('stoppingChildren');
    supervisorRef(tree.root.system, 'inner')?.send({ type: 'supervisor.children', children: null });
    tree.clock.flush();
    tree.advance(0);
    expect(tree.startAll()).toEqual([a]);
    expect(tree.group('outer').state).toBe('running');
    expect(tree.group('inner').state).toBe('running');
  });

  it('is spawned again where it is the root, with all that was below', () => {
    const tree = startGroups({ group: {} }, { [a]: { group: 'group' }, [outside]: {} });
    supervisorRef(tree.root.system, 'root')?.send({ type: 'supervisor.children', children: null });
    expect(tree.states()).toEqual({ [a]: 'idle', [outside]: 'idle' });
    expect(tree.simulator.count('process')).toBe(0);
    tree.root.send({ type: 'environment.activateAll' });
    expect([...tree.startAll()].sort()).toEqual([a, outside]);
  });
});
