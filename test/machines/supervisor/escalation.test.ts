import { emitExit, completeStart } from '../../../src/testing/index.js';
import type { Strategy } from '../../../src/model/index.js';
import { startGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

const [a, b, c, alone] = ['com.example.a', 'com.example.b', 'com.example.c', 'com.example.z'];
const minute = 60_000;

/** Crashes a plugin and completes the group restart that follows. */
function again(tree: SimulatedGroups, plugin: string): readonly string[] {
  tree.crash(plugin);
  tree.endAll();
  tree.advance(0);
  return tree.startAll();
}

describe('a group with a restart intensity', () => {
  const strategies: readonly Strategy[] = ['one-for-one', 'one-for-all', 'rest-for-one'];

  it.each(strategies)(
    'gives up under %s at one restart too many, whoever of its plugins it was',
    (strategy) => {
      const supervision = { restart: { backoff: { firstMs: 0, baseMs: 0 } } };
      const member = { group: 'group', supervision };
      const tree = startGroups(
        { group: { strategy, intensity: 2 } },
        { [a]: member, [b]: member, [alone]: {} },
      );
      again(tree, a);
      again(tree, b);
      expect(tree.group('group')).toMatchObject({ restartsLeft: 0, state: 'running' });
      tree.crash(a);
      tree.endAll();
      expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed', [alone]: 'healthy' });
      expect(tree.group('group').state).toBe('failed');
      expect(tree.reports.at(-1)).toEqual({
        type: 'supervisor.gaveUp',
        supervisor: 'group',
        context: 'childTerminated',
        reason: 'The plugin exited with code 1. This would be restart 3 within 300000 ms; 2 are allowed.',
        offender: a,
        affected: [a, b],
      });
    },
  );

  it('brings its children down in reverse order when it gives up', () => {
    const tree = startGroups(
      { group: { intensity: 0, strategy: 'rest-for-one' } },
      {
        [a]: { group: 'group' },
        [b]: { group: 'group' },
        [c]: { group: 'group' },
      },
    );
    tree.crash(b);
    expect(tree.endAll()).toEqual([c, a]);
  });

  it('may restart again when the period is over', () => {
    const tree = startGroups({ group: { intensity: 1, periodMs: minute } }, { [a]: { group: 'group' } });
    again(tree, a);
    expect(tree.group('group').restartsLeft).toBe(0);
    tree.advance(minute);
    expect(tree.group('group').restartsLeft).toBe(0);
    tree.advance(1);
    expect(tree.group('group').restartsLeft).toBe(1);
    again(tree, a);
    expect(tree.states()).toEqual({ [a]: 'healthy' });
  });

  it('is not outwitted by a way down that is longer than the period', () => {
    const member = { group: 'group', supervision: { restart: { intensity: 99 } } };
    const tree = startGroups(
      { group: { strategy: 'one-for-all', intensity: 1, periodMs: 5000 } },
      { [a]: member, [b]: member },
    );
    tree.crash(a);
    tree.advance(8000);
    emitExit(tree.simulator, { code: 0 }, b);
    tree.advance(0);
    tree.startAll();
    tree.advance(1000);
    tree.crash(a);
    tree.endAll();
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
  });
});

describe('a plugin that is not tried any more', () => {
  const givenUp = { group: 'group', supervision: { restart: { intensity: 0 } } };

  it('leaves its group alone under one-for-one', () => {
    const tree = startGroups({ group: {} }, { [a]: givenUp, [b]: { group: 'group' } });
    tree.crash(a);
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'healthy' });
    expect(tree.reports).toEqual([]);
  });

  it.each(['one-for-all', 'rest-for-one'] as const)('is the failure of its group under %s', (strategy) => {
    const tree = startGroups({ group: { strategy } }, { [a]: { group: 'group' }, [b]: givenUp });
    tree.crash(b);
    expect(tree.endAll()).toEqual([a]);
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
    expect(tree.reports).toMatchObject([
      { type: 'supervisor.gaveUp', supervisor: 'group', context: 'childGaveUp', offender: b },
    ]);
  });
});

describe('a group that gave up', () => {
  const failing = { strategy: 'one-for-all', intensity: 0 } as const;
  const members = { [a]: { group: 'group' }, [b]: { group: 'group' } };

  it('is tried again as a whole after the half-open interval, and by no plugin of its own accord', () => {
    const tree = startGroups({ group: failing }, members);
    tree.crash(a);
    tree.endAll();
    expect(tree.status(a)).toMatchObject({
      state: 'failed',
      retryAt: null,
      failedReason: 'FailedToStayRunning',
    });
    tree.advance(10 * minute - 1);
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
    tree.advance(1);
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b]);
  });

  it('stays down where there is no half-open interval', () => {
    const tree = startGroups({ group: { ...failing, halfOpenAfterMs: null } }, members);
    tree.crash(a);
    tree.endAll();
    tree.advance(100 * minute);
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
  });

  it('is tried again as a whole when any of its plugins is activated', () => {
    const tree = startGroups({ group: failing }, members);
    tree.crash(a);
    tree.endAll();
    tree.activate(b);
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b]);
    expect(tree.group('group').state).toBe('running');
  });

  it('lets a plugin be deactivated', () => {
    const tree = startGroups({ group: failing }, members);
    tree.crash(a);
    tree.endAll();
    tree.deactivate(a);
    expect(tree.state(a)).toBe('idle');
    tree.advance(10 * minute);
    tree.advance(0);
    expect(tree.startAll()).toEqual([b]);
  });
});

describe('a group in a group', () => {
  const nested = (outer: Strategy, outerIntensity: number | null = 1) => ({
    outer: { strategy: outer, intensity: outerIntensity },
    inner: { parent: 'outer', strategy: 'one-for-all', intensity: 1 } as const,
  });
  const plugins = {
    [a]: { group: 'outer' },
    [b]: { group: 'inner', supervision: { restart: { intensity: 99, backoff: { baseMs: 0 } } } },
    [c]: { group: 'inner' },
    [alone]: { group: 'outer' },
  };

  it.each<[Strategy, readonly string[]]>([
    ['one-for-one', [b, c]],
    ['one-for-all', [a, b, c, alone]],
    ['rest-for-one', [b, c, alone]],
  ])('is restarted by %s above it when it gave up', (outer, restarted) => {
    const tree = startGroups(nested(outer), plugins);
    expect(again(tree, b)).toEqual([b, c]);
    const before = tree.generations();
    expect(again(tree, b)).toEqual(restarted);
    const after = tree.generations();
    expect(Object.keys(after).filter((id) => after[id] !== before[id])).toEqual(restarted);
    expect(tree.group('outer')).toMatchObject({ state: 'running', restartsLeft: 0 });
    expect(tree.group('inner').state).toBe('running');
  });

  it('multiplies intensities: two inner restarts for each of two outer ones, then a report to the embedder', () => {
    const tree = startGroups(nested('one-for-one'), plugins);
    let restarts = 0;
    while (tree.state(b) === 'healthy') {
      again(tree, b);
      restarts += 1;
      if (restarts > 20) break;
    }
    // 1 inside, 1 outside, 1 inside again; the next one ends both.
    expect(restarts).toBe(4);
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed', [c]: 'failed', [alone]: 'failed' });
    expect(tree.reports.map(({ type, supervisor }) => [type, supervisor])).toEqual([
      ['supervisor.restarting', 'inner'],
      ['supervisor.gaveUp', 'inner'],
      ['supervisor.restarting', 'inner'],
      ['supervisor.gaveUp', 'inner'],
      ['supervisor.gaveUp', 'outer'],
    ]);
    expect(tree.root.getSnapshot().status).toBe('active');
  });

  it('is given up where no group above it has an intensity', () => {
    const tree = startGroups(nested('one-for-one', null), plugins);
    again(tree, b);
    again(tree, b);
    expect(tree.states()).toEqual({ [a]: 'healthy', [b]: 'failed', [c]: 'failed', [alone]: 'healthy' });
    expect(tree.group('outer').state).toBe('running');
  });

  it('fails with all groups above it under one-for-all without an intensity', () => {
    const tree = startGroups(nested('one-for-all', null), plugins);
    again(tree, b);
    again(tree, b);
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed', [c]: 'failed', [alone]: 'failed' });
  });

  it('restarts together with a plugin beside it', () => {
    const tree = startGroups(nested('one-for-all'), plugins);
    tree.crash(a);
    expect(tree.endAll()).toEqual([alone, c, b]);
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b, c, alone]);
    expect(tree.group('inner').restartsLeft).toBe(1);
  });

  it('is suspended when its parent is stopped during its backoff, and starts with the parent', () => {
    const tree = startGroups(nested('one-for-all'), {
      ...plugins,
      [b]: { group: 'inner', supervision: { restart: { backoff: { firstMs: 10_000 } } } },
    });
    tree.crash(b);
    tree.endAll();
    expect(tree.group('inner').state).toBe('backingOff');
    tree.crash(a);
    tree.endAll();
    expect(tree.group('inner').state).toBe('suspended');
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b, c, alone]);
    tree.advance(10_000);
    expect(tree.generations()).toEqual({ [a]: 2, [b]: 2, [c]: 2, [alone]: 2 });
  });
});

describe('the root with a restart intensity', () => {
  it('gives up to the embedder, and is tried again as a whole', () => {
    const tree = startGroups({ root: { intensity: 1 } }, { [a]: {}, [b]: {} });
    again(tree, a);
    tree.crash(b);
    tree.endAll();
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
    expect(tree.group('root').state).toBe('failed');
    expect(tree.root.getSnapshot()).toMatchObject({ status: 'active' });
    tree.activate(a);
    tree.advance(0);
    expect(tree.startAll()).toEqual([a, b]);
  });
});

describe('a group that takes long to stop', () => {
  it('is stopped once although its children crash one after the other', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all', intensity: 0 } },
      {
        [a]: { group: 'group' },
        [b]: { group: 'group' },
        [c]: { group: 'group' },
      },
    );
    tree.crash(a);
    tree.crash(b);
    tree.endAll();
    expect(tree.states()).toEqual({ [a]: 'failed', [b]: 'failed', [c]: 'failed' });
    expect(tree.reports).toHaveLength(1);
  });

  it('can be stopped while it gives up', () => {
    const tree = startGroups(
      { group: { strategy: 'one-for-all', intensity: 0 } },
      {
        [a]: { group: 'group' },
        [b]: { group: 'group' },
      },
    );
    tree.crash(a);
    tree.root.send({ type: 'environment.stop' });
    tree.endAll();
    expect(tree.root.getSnapshot().status).toBe('done');
    startWellIsImpossible(tree);
  });
});

function startWellIsImpossible(tree: SimulatedGroups): void {
  expect(() => {
    completeStart(tree.simulator);
  }).toThrow('No effect process is running');
}
