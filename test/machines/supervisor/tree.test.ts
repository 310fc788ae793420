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

  it('lives on shards, and nobody sees them', () => {
    const grove = startGroups({ crowd: { strategy: 'rest-for-one' } }, many);
    const ids = Object.keys(many);
    const crowd = supervisorRef(grove.root.system, 'crowd')?.getSnapshot() as { children: object };
    expect(Object.keys(crowd.children).filter((id) => id.startsWith('shard:'))).toEqual([
      'shard:1',
      'shard:2',
    ]);
    expect(Object.keys(crowd.children)).toHaveLength(102);
    expect(grove.group('crowd').children).toHaveLength(size);
    const [fallen = ''] = ids.slice(-10);
    grove.crash(fallen);
    expect(grove.endAll()).toEqual(ids.slice(-9).reverse());
    grove.advance(0);
    expect(grove.startAll()).toEqual(ids.slice(-10));
  });

  it('replaces a plugin whose actor broke on a shard', () => {
    const grove = createGroups({ crowd: {} }, many);
    const id = Object.keys(many)[240] ?? '';
    grove.activate(id);
    const before = grove.ref(id);
    const stderrTail = (): string => {
      throw new Error('the exit record cannot be made, and the actor breaks');
    };
    grove.simulator
      .running('process', id)
      .emit({ type: 'process.started', process: { pid: 1, startedAt: 0, stderrTail } });
    grove.crash(id);
    expect(grove.ref(id)).not.toBe(before);
    expect(grove.status(id)).toMatchObject({ state: 'idle', generation: 1 });
    grove.activate(id);
    completeStart(grove.simulator, id);
    expect(grove.status(id)).toMatchObject({ state: 'healthy', generation: 2 });
  });

  it('loses no plugin when a shard breaks: those on it are ended, and can be started again', () => {
    const grove = startGroups({ crowd: {} }, many);
    const ids = Object.keys(many);
    const crowd = supervisorRef(grove.root.system, 'crowd')?.getSnapshot() as {
      children: Record<string, AnyActorRef>;
    };
    crowd.children['shard:2']?.send({ type: 'shard.spawn', id: 'com.example.broken', input: null });
    expect(crowd.children['shard:2']?.getSnapshot()).toMatchObject({ status: 'error' });
    const rested = ids.filter((id) => grove.state(id) === 'idle');
    expect(rested).toEqual(ids.slice(200));
    expect(grove.simulator.count('process')).toBe(200);
    grove.root.send({ type: 'environment.activateAll' });
    expect(grove.startAll()).toEqual(rested);
    expect(grove.status(rested[0]).generation).toBe(2);
  });

  it('lets go of a plugin on a shard', () => {
    const grove = createGroups({ crowd: {} }, many);
    const id = Object.keys(many)[240] ?? '';
    grove.root.send({ type: 'bundle.removed', plugin: id });
    expect(grove.group('crowd').children).toHaveLength(size - 1);
    expect(grove.root.system.get(id)).toBeUndefined();
  });
});

describe('a supervisor that breaks', () => {
  it('takes its plugins with it, is grown again, and says so; the others go on', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [a]: { group: 'group' }, [b]: { group: 'group' }, [outside]: {} },
    );
    const before = supervisorRef(grove.root.system, 'group');
    before?.send({ type: 'supervisor.children', children: null });
    expect(before?.getSnapshot()).toMatchObject({ status: 'error' });
    expect(grove.states()).toEqual({ [a]: 'idle', [b]: 'idle', [outside]: 'healthy' });
    expect(grove.simulator.count('process')).toBe(1);
    expect(grove.reports).toMatchObject([
      { type: 'supervisor.gaveUp', context: 'childBroke', offender: 'group', affected: [a, b] },
    ]);
    grove.activate(b);
    expect(grove.startAll()).toEqual([b]);
    expect(grove.status(b).generation).toBe(2);
  });

  it('is brought down once more where its parent has told the one before it', () => {
    const grove = startGroups(
      { outer: { strategy: 'one-for-all', members: [a] }, inner: { parent: 'outer' } },
      { [a]: { group: 'outer' }, [b]: { group: 'inner' } },
    );
    grove.crash(a);
    expect(grove.group('inner').state).toBe('stoppingChildren');
    supervisorRef(grove.root.system, 'inner')?.send({ type: 'supervisor.children', children: null });
    grove.clock.flush();
    grove.advance(0);
    expect(grove.startAll()).toEqual([a]);
    expect(grove.group('outer').state).toBe('running');
    expect(grove.group('inner').state).toBe('running');
  });

  it('is grown again where it is the root, with all that was below', () => {
    const grove = startGroups({ group: {} }, { [a]: { group: 'group' }, [outside]: {} });
    supervisorRef(grove.root.system, 'root')?.send({ type: 'supervisor.children', children: null });
    expect(grove.states()).toEqual({ [a]: 'idle', [outside]: 'idle' });
    expect(grove.simulator.count('process')).toBe(0);
    grove.root.send({ type: 'environment.activateAll' });
    expect([...grove.startAll()].sort()).toEqual([a, outside]);
  });
});
