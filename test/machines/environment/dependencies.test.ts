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

function activateAll(grove: SimulatedGroups): void {
  grove.root.send({ type: 'environment.activateAll' });
}

describe('all plugins that are activated', () => {
  it('start after what they require, the others at once', () => {
    const grove = createGroups({}, chain);
    activateAll(grove);
    expect(grove.states()).toEqual({
      [web]: 'pending',
      [api]: 'pending',
      [store]: 'spawning',
      [alone]: 'spawning',
    });
    expect(grove.snapshot(web).context.because).toBe(`requirement.awaited ${store}`);
    expect(grove.status(web)).toMatchObject({ wanted: true, mattermostState: 'Starting' });
    expect(grove.startAll().filter((id) => id !== alone)).toEqual([store, api, web]);
  });

  it('are not on their way up in greater number than may be', () => {
    const many = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`com.example.p${index}`, {}]));
    const grove = createGroups({}, many, { startConcurrency: 3 });
    activateAll(grove);
    const rising = () =>
      Object.values(grove.states()).filter((state) => state === 'spawning' || state === 'handshaking');
    const seen: number[] = [];
    while (rising().length > 0) {
      seen.push(rising().length);
      const next = Object.keys(many).find((id) => grove.state(id) === 'spawning');
      if (next !== undefined) completeStart(grove.simulator, next);
    }
    expect(seen).toEqual([3, 3, 3, 3, 3, 2, 1]);
    expect(new Set(Object.values(grove.states()))).toEqual(new Set(['healthy']));
  });

  it('give their turn to the next one when they fail', () => {
    const grove = createGroups({}, { [alone]: {}, [store]: {} }, { startConcurrency: 1 });
    activateAll(grove);
    expect(grove.states()).toEqual({ [alone]: 'spawning', [store]: 'pending' });
    emitSpawnFailure(grove.simulator, refused, alone);
    expect(grove.states()).toEqual({ [alone]: 'restarting', [store]: 'spawning' });
  });

  it('come up across groups in the order of what they require', () => {
    const grove = createGroups(
      { front: { strategy: 'one-for-all' }, back: { strategy: 'rest-for-one' } },
      {
        [web]: { group: 'front', requires: [store] },
        [api]: { group: 'back', requires: [web] },
        [store]: { group: 'back' },
      },
    );
    activateAll(grove);
    expect(grove.startAll()).toEqual([store, web, api]);
    grove.root.send({ type: 'environment.stop' });
    expect(grove.endAll()).toEqual([api, web, store]);
    expect(grove.root.getSnapshot().status).toBe('done');
  });
});

describe('a plugin that is activated', () => {
  it('starts what it requires first, and nothing else', () => {
    const grove = createGroups({}, chain);
    grove.activate(api);
    expect(grove.startAll()).toEqual([store, api]);
    expect(grove.states()).toMatchObject({ [web]: 'idle', [alone]: 'idle' });
  });

  it('follows by itself when what it requires comes up at the second try', () => {
    const grove = createGroups({}, chain);
    grove.activate(api);
    emitSpawnFailure(grove.simulator, refused, store);
    expect(grove.states()).toMatchObject({ [store]: 'restarting', [api]: 'pending' });
    grove.advance(0);
    expect(grove.startAll()).toEqual([store, api]);
  });

  it('is told when what it requires is not tried any more', () => {
    const grove = createGroups(
      {},
      { ...chain, [store]: { supervision: { restart: { restart: 'temporary' } } } },
    );
    grove.activate(web);
    emitSpawnFailure(grove.simulator, refused, store);
    expect(grove.states()).toMatchObject({ [store]: 'crashed', [api]: 'idle', [web]: 'idle' });
    expect(grove.status(api)).toMatchObject({
      wanted: false,
      error: { code: 'REQUIREMENT_UNMET', facts: { requirement: store } },
    });
    expect(grove.status(web).error?.code).toBe('REQUIREMENT_UNMET');
  });

  it('does not wake what it requires while that is being restarted', () => {
    const grove = createGroups(
      {},
      { ...chain, [store]: { supervision: { restart: { backoff: { firstMs: 5000 } } } } },
    );
    grove.activate(store);
    grove.startAll();
    grove.crash(store);
    grove.activate(api);
    expect(grove.states()).toMatchObject({ [store]: 'restarting', [api]: 'pending' });
    grove.advance(5000);
    expect(grove.startAll()).toEqual([store, api]);
  });

  it('waits no more when it is deactivated', () => {
    const grove = createGroups({}, chain);
    grove.activate(web);
    grove.deactivate(web);
    expect(grove.state(web)).toBe('idle');
    expect(grove.startAll()).toEqual([store, api]);
  });

  it('stays up when what it requires crashes', () => {
    const grove = startGroups({}, chain);
    grove.crash(store);
    expect(grove.states()).toMatchObject({ [store]: 'restarting', [api]: 'healthy', [web]: 'healthy' });
  });
});

describe('a plugin that others require', () => {
  it('is brought down after them, and they say why', () => {
    const grove = startGroups({}, chain);
    grove.deactivate(store);
    expect(grove.states()).toMatchObject({ [store]: 'healthy', [api]: 'healthy', [web]: 'stopping' });
    expect(grove.endAll()).toEqual([web, api, store]);
    expect(grove.status(api)).toMatchObject({ state: 'idle', wanted: false });
    expect(grove.state(alone)).toBe('healthy');
  });

  it('stays up when one of them is activated before its turn to leave came', () => {
    const grove = startGroups({}, chain);
    grove.deactivate(store);
    grove.activate(web);
    emitExit(grove.simulator, { code: 0 }, web);
    expect(grove.startAll()).toEqual([web]);
    expect(grove.states()).toMatchObject({ [store]: 'healthy', [api]: 'healthy', [web]: 'healthy' });
  });

  it('is brought down although one of them waits for it to come back', () => {
    const grove = startGroups({}, chain);
    grove.crash(store);
    grove.deactivate(store);
    expect(grove.endAll()).toEqual([web, api]);
    expect(grove.states()).toMatchObject({ [store]: 'idle', [api]: 'idle', [web]: 'idle' });
  });
});

describe('an environment that stops', () => {
  it('brings plugins down in the reverse of their order, and what is independent at once', () => {
    const grove = startGroups({}, chain);
    grove.root.send({ type: 'environment.stop' });
    expect(grove.states()).toEqual({
      [web]: 'stopping',
      [api]: 'healthy',
      [store]: 'healthy',
      [alone]: 'stopping',
    });
    expect(grove.endAll().filter((id) => id !== alone)).toEqual([web, api, store]);
    expect(grove.root.getSnapshot().status).toBe('done');
  });

  it('does not wait for what never got its turn', () => {
    const grove = createGroups({}, chain, { startConcurrency: 1 });
    activateAll(grove);
    grove.root.send({ type: 'environment.stop' });
    expect(grove.states()).toMatchObject({ [web]: 'idle', [api]: 'idle' });
    grove.simulator.running('process').emit({ type: 'process.failed', at: 0, error: refused });
    expect(grove.root.getSnapshot().status).toBe('done');
  });

  it('restarts nothing that falls meanwhile', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all' } },
      { [store]: { group: 'group' }, [api]: { group: 'group', requires: [store] } },
    );
    grove.root.send({ type: 'environment.stop' });
    grove.crash(store);
    grove.crash(api);
    expect(grove.root.getSnapshot().status).toBe('done');
    expect(grove.reports).toEqual([]);
    expect(grove.generations()).toEqual({ [store]: 1, [api]: 1 });
  });
});
