import { emitExit, emitSpawnFailure, completeStart } from '../../../src/testing/index.js';
import { PluginError } from '../../../src/model/index.js';
import { startGroups, createGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

const [store, api, web, alone] = [
  'com.example.store',
  'com.example.api',
  'com.example.web',
  'com.example.alone',
];
const chain = { [web]: { requires: [api] }, [api]: { requires: [store] }, [store]: {}, [alone]: {} };
const refused = new PluginError({ code: 'SPAWN_FAILED', message: 'EAGAIN', hint: 'Wait.' });

function activateAll(tree: SimulatedGroups): void {
  tree.root.send({ type: 'environment.activateAll' });
}

describe('all plugins that are activated', () => {
  it('start after what they require, the others at once', () => {
    const tree = createGroups({}, chain);
    activateAll(tree);
    expect(tree.states()).toEqual({
      [web]: 'pending',
      [api]: 'pending',
      [store]: 'spawning',
      [alone]: 'spawning',
    });
    expect(tree.snapshot(web).context.because).toBe(`requirement.awaited ${store}`);
    expect(tree.status(web)).toMatchObject({ wanted: true, state: 'pending' });
    expect(tree.startAll().filter((id) => id !== alone)).toEqual([store, api, web]);
  });

  it('do not start in greater number than startConcurrency', () => {
    const many = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`com.example.p${index}`, {}]));
    const tree = createGroups({}, many, { startConcurrency: 3 });
    activateAll(tree);
    const rising = () =>
      Object.values(tree.states()).filter((state) => state === 'spawning' || state === 'handshaking');
    const seen: number[] = [];
    while (rising().length > 0) {
      seen.push(rising().length);
      const next = Object.keys(many).find((id) => tree.state(id) === 'spawning');
      if (next !== undefined) completeStart(tree.simulator, next);
    }
    expect(seen).toEqual([3, 3, 3, 3, 3, 2, 1]);
    expect(new Set(Object.values(tree.states()))).toEqual(new Set(['healthy']));
  });

  it('free their start slots when they fail', () => {
    const tree = createGroups({}, { [alone]: {}, [store]: {} }, { startConcurrency: 1 });
    activateAll(tree);
    expect(tree.states()).toEqual({ [alone]: 'spawning', [store]: 'pending' });
    emitSpawnFailure(tree.simulator, refused, alone);
    expect(tree.states()).toEqual({ [alone]: 'restarting', [store]: 'spawning' });
  });

  it('start across groups in the order of their requirements', () => {
    const tree = createGroups(
      { front: { strategy: 'one-for-all' }, back: { strategy: 'rest-for-one' } },
      {
        [web]: { group: 'front', requires: [store] },
        [api]: { group: 'back', requires: [web] },
        [store]: { group: 'back' },
      },
    );
    activateAll(tree);
    expect(tree.startAll()).toEqual([store, web, api]);
    tree.root.send({ type: 'environment.stop' });
    expect(tree.endAll()).toEqual([api, web, store]);
    expect(tree.root.getSnapshot().status).toBe('done');
  });
});

describe('a plugin that is activated', () => {
  it('starts what it requires first, and nothing else', () => {
    const tree = createGroups({}, chain);
    tree.activate(api);
    expect(tree.startAll()).toEqual([store, api]);
    expect(tree.states()).toMatchObject({ [web]: 'idle', [alone]: 'idle' });
  });

  it('starts when what it requires becomes healthy at the second attempt', () => {
    const tree = createGroups({}, chain);
    tree.activate(api);
    emitSpawnFailure(tree.simulator, refused, store);
    expect(tree.states()).toMatchObject({ [store]: 'restarting', [api]: 'pending' });
    tree.advance(0);
    expect(tree.startAll()).toEqual([store, api]);
  });

  it('is rejected when what it requires is given up', () => {
    const tree = createGroups(
      {},
      { ...chain, [store]: { supervision: { restart: { restart: 'temporary' } } } },
    );
    tree.activate(web);
    emitSpawnFailure(tree.simulator, refused, store);
    expect(tree.states()).toMatchObject({ [store]: 'crashed', [api]: 'idle', [web]: 'idle' });
    expect(tree.status(api)).toMatchObject({
      wanted: false,
      error: { code: 'REQUIREMENT_UNMET', facts: { requirement: store } },
    });
    expect(tree.status(web).error?.code).toBe('REQUIREMENT_UNMET');
  });

  it('does not wake what it requires while that is being restarted', () => {
    const tree = createGroups(
      {},
      { ...chain, [store]: { supervision: { restart: { backoff: { firstMs: 5000 } } } } },
    );
    tree.activate(store);
    tree.startAll();
    tree.crash(store);
    tree.activate(api);
    expect(tree.states()).toMatchObject({ [store]: 'restarting', [api]: 'pending' });
    tree.advance(5000);
    expect(tree.startAll()).toEqual([store, api]);
  });

  it('waits no more when it is deactivated', () => {
    const tree = createGroups({}, chain);
    tree.activate(web);
    tree.deactivate(web);
    expect(tree.state(web)).toBe('idle');
    expect(tree.startAll()).toEqual([store, api]);
  });

  it('stays up when what it requires crashes', () => {
    const tree = startGroups({}, chain);
    tree.crash(store);
    expect(tree.states()).toMatchObject({ [store]: 'restarting', [api]: 'healthy', [web]: 'healthy' });
  });
});

describe('a plugin that others require', () => {
  it('is stopped after them, and they name the reason', () => {
    const tree = startGroups({}, chain);
    tree.deactivate(store);
    expect(tree.states()).toMatchObject({ [store]: 'healthy', [api]: 'healthy', [web]: 'stopping' });
    expect(tree.endAll()).toEqual([web, api, store]);
    expect(tree.status(api)).toMatchObject({ state: 'idle', wanted: false });
    expect(tree.state(alone)).toBe('healthy');
  });

  it('keeps running when one of them is activated before it was stopped', () => {
    const tree = startGroups({}, chain);
    tree.deactivate(store);
    tree.activate(web);
    emitExit(tree.simulator, { code: 0 }, web);
    expect(tree.startAll()).toEqual([web]);
    expect(tree.states()).toMatchObject({ [store]: 'healthy', [api]: 'healthy', [web]: 'healthy' });
  });

  it('is stopped although one of them is queued for it', () => {
    const tree = startGroups({}, chain);
    tree.crash(store);
    tree.deactivate(store);
    expect(tree.endAll()).toEqual([web, api]);
    expect(tree.states()).toMatchObject({ [store]: 'idle', [api]: 'idle', [web]: 'idle' });
  });
});

describe('an environment that stops', () => {
  it('brings plugins down in the reverse of their order, and what is independent at once', () => {
    const tree = startGroups({}, chain);
    tree.root.send({ type: 'environment.stop' });
    expect(tree.states()).toEqual({
      [web]: 'stopping',
      [api]: 'healthy',
      [store]: 'healthy',
      [alone]: 'stopping',
    });
    expect(tree.endAll().filter((id) => id !== alone)).toEqual([web, api, store]);
    expect(tree.root.getSnapshot().status).toBe('done');
  });

  it('does not wait for a plugin that is still queued', () => {
    const tree = createGroups({}, chain, { startConcurrency: 1 });
    activateAll(tree);
    tree.root.send({ type: 'environment.stop' });
    expect(tree.states()).toMatchObject({ [web]: 'idle', [api]: 'idle' });
    tree.simulator.running('process').emit({ type: 'process.failed', at: 0, error: refused });
    expect(tree.root.getSnapshot().status).toBe('done');
  });

  it('restarts nothing that falls meanwhile', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [store]: { group: 'group' }, [api]: { group: 'group', requires: [store] } },
    );
    tree.root.send({ type: 'environment.stop' });
    tree.crash(store);
    tree.crash(api);
    expect(tree.root.getSnapshot().status).toBe('done');
    expect(tree.reports).toEqual([]);
    expect(tree.generations()).toEqual({ [store]: 1, [api]: 1 });
  });
});
