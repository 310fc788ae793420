import { emitExit, completeStart } from '../../../src/testing/index.js';
import type { Strategy } from '../../../src/model/index.js';
import { startGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

const [a, b, c, alone] = ['com.example.a', 'com.example.b', 'com.example.c', 'com.example.z'];
const minute = 60_000;

/** Crashes a plugin and lets its group, and whoever else comes down, come up again. */
function again(grove: SimulatedGroups, plugin: string): readonly string[] {
  grove.crash(plugin);
  grove.endAll();
  grove.advance(0);
  return grove.startAll();
}

describe('a group with a budget', () => {
  const strategies: readonly Strategy[] = ['one-for-one', 'one-for-all', 'rest-for-one'];

  it.each(strategies)(
    'gives up under %s at one restart too many, whoever of its plugins it was',
    (strategy) => {
      const supervision = { restart: { backoff: { firstMs: 0, baseMs: 0 } } };
      const member = { group: 'group', supervision };
      const grove = startGroups(
        { group: { strategy, intensity: 2 } },
        { [a]: member, [b]: member, [alone]: {} },
      );
      again(grove, a);
      again(grove, b);
      expect(grove.group('group')).toMatchObject({ restartsLeft: 0, state: 'running' });
      grove.crash(a);
      grove.endAll();
      expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed', [alone]: 'healthy' });
      expect(grove.group('group').state).toBe('failed');
      expect(grove.reports.at(-1)).toEqual({
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
    const grove = startGroups(
      { group: { intensity: 0, strategy: 'rest-for-one' } },
      {
        [a]: { group: 'group' },
        [b]: { group: 'group' },
        [c]: { group: 'group' },
      },
    );
    grove.crash(b);
    expect(grove.endAll()).toEqual([c, a]);
  });

  it('has its budget back when the period is over', () => {
    const grove = startGroups({ group: { intensity: 1, periodMs: minute } }, { [a]: { group: 'group' } });
    again(grove, a);
    expect(grove.group('group').restartsLeft).toBe(0);
    grove.advance(minute);
    expect(grove.group('group').restartsLeft).toBe(0);
    grove.advance(1);
    expect(grove.group('group').restartsLeft).toBe(1);
    again(grove, a);
    expect(grove.states()).toEqual({ [a]: 'healthy' });
  });

  it('is not outwitted by a way down that is longer than the period', () => {
    const member = { group: 'group', supervision: { restart: { intensity: 99 } } };
    const grove = startGroups(
      { group: { strategy: 'one-for-all', intensity: 1, periodMs: 5000 } },
      { [a]: member, [b]: member },
    );
    grove.crash(a);
    grove.advance(8000);
    emitExit(grove.simulator, { code: 0 }, b);
    grove.advance(0);
    grove.startAll();
    grove.advance(1000);
    grove.crash(a);
    grove.endAll();
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
  });
});

describe('a plugin that is not tried any more', () => {
  const hopeless = { group: 'group', supervision: { restart: { intensity: 0 } } };

  it('leaves its group alone under one-for-one', () => {
    const grove = startGroups({ group: {} }, { [a]: hopeless, [b]: { group: 'group' } });
    grove.crash(a);
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'healthy' });
    expect(grove.reports).toEqual([]);
  });

  it.each(['one-for-all', 'rest-for-one'] as const)('is the failure of its group under %s', (strategy) => {
    const grove = startGroups({ group: { strategy } }, { [a]: { group: 'group' }, [b]: hopeless });
    grove.crash(b);
    expect(grove.endAll()).toEqual([a]);
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
    expect(grove.reports).toMatchObject([
      { type: 'supervisor.gaveUp', supervisor: 'group', context: 'childGaveUp', offender: b },
    ]);
  });
});

describe('a group that gave up', () => {
  const failing = { strategy: 'one-for-all', intensity: 0 } as const;
  const members = { [a]: { group: 'group' }, [b]: { group: 'group' } };

  it('is tried again as a whole after the half-open interval, and by no plugin of its own accord', () => {
    const grove = startGroups({ group: failing }, members);
    grove.crash(a);
    grove.endAll();
    expect(grove.status(a)).toMatchObject({
      state: 'failed',
      retryAt: null,
      failedReason: 'FailedToStayRunning',
    });
    grove.advance(10 * minute - 1);
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
    grove.advance(1);
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b]);
  });

  it('stays down where there is no half-open interval', () => {
    const grove = startGroups({ group: { ...failing, halfOpenAfterMs: null } }, members);
    grove.crash(a);
    grove.endAll();
    grove.advance(100 * minute);
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
  });

  it('is tried again as a whole when any of its plugins is activated', () => {
    const grove = startGroups({ group: failing }, members);
    grove.crash(a);
    grove.endAll();
    grove.activate(b);
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b]);
    expect(grove.group('group').state).toBe('running');
  });

  it('lets a plugin be deactivated', () => {
    const grove = startGroups({ group: failing }, members);
    grove.crash(a);
    grove.endAll();
    grove.deactivate(a);
    expect(grove.state(a)).toBe('idle');
    grove.advance(10 * minute);
    grove.advance(0);
    expect(grove.startAll()).toEqual([b]);
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
    const grove = startGroups(nested(outer), plugins);
    expect(again(grove, b)).toEqual([b, c]);
    const before = grove.generations();
    expect(again(grove, b)).toEqual(restarted);
    const after = grove.generations();
    expect(Object.keys(after).filter((id) => after[id] !== before[id])).toEqual(restarted);
    expect(grove.group('outer')).toMatchObject({ state: 'running', restartsLeft: 0 });
    expect(grove.group('inner').state).toBe('running');
  });

  it('multiplies: two restarts inside for each of two outside, then the embedder is told', () => {
    const grove = startGroups(nested('one-for-one'), plugins);
    let restarts = 0;
    while (grove.state(b) === 'healthy') {
      again(grove, b);
      restarts += 1;
      if (restarts > 20) break;
    }
    // 1 inside, 1 outside, 1 inside again; the next one ends both.
    expect(restarts).toBe(4);
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed', [c]: 'failed', [alone]: 'failed' });
    expect(grove.reports.map(({ type, supervisor }) => [type, supervisor])).toEqual([
      ['supervisor.restarting', 'inner'],
      ['supervisor.gaveUp', 'inner'],
      ['supervisor.restarting', 'inner'],
      ['supervisor.gaveUp', 'inner'],
      ['supervisor.gaveUp', 'outer'],
    ]);
    expect(grove.root.getSnapshot().status).toBe('active');
  });

  it('is given up where nothing above it has a budget', () => {
    const grove = startGroups(nested('one-for-one', null), plugins);
    again(grove, b);
    again(grove, b);
    expect(grove.states()).toEqual({ [a]: 'healthy', [b]: 'failed', [c]: 'failed', [alone]: 'healthy' });
    expect(grove.group('outer').state).toBe('running');
  });

  it('takes all above it along under one-for-all without a budget', () => {
    const grove = startGroups(nested('one-for-all', null), plugins);
    again(grove, b);
    again(grove, b);
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed', [c]: 'failed', [alone]: 'failed' });
  });

  it('comes down and up with a plugin beside it', () => {
    const grove = startGroups(nested('one-for-all'), plugins);
    grove.crash(a);
    expect(grove.endAll()).toEqual([alone, c, b]);
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b, c, alone]);
    expect(grove.group('inner').restartsLeft).toBe(1);
  });

  it('is held when its parent is brought down while it pauses, and starts with it', () => {
    const grove = startGroups(nested('one-for-all'), {
      ...plugins,
      [b]: { group: 'inner', supervision: { restart: { backoff: { firstMs: 10_000 } } } },
    });
    grove.crash(b);
    grove.endAll();
    expect(grove.group('inner').state).toBe('backingOff');
    grove.crash(a);
    grove.endAll();
    expect(grove.group('inner').state).toBe('suspended');
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b, c, alone]);
    grove.advance(10_000);
    expect(grove.generations()).toEqual({ [a]: 2, [b]: 2, [c]: 2, [alone]: 2 });
  });
});

describe('the root with a budget', () => {
  it('gives up to the embedder, and is tried again as a whole', () => {
    const grove = startGroups({ root: { intensity: 1 } }, { [a]: {}, [b]: {} });
    again(grove, a);
    grove.crash(b);
    grove.endAll();
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed' });
    expect(grove.group('root').state).toBe('failed');
    expect(grove.root.getSnapshot()).toMatchObject({ status: 'active' });
    grove.activate(a);
    grove.advance(0);
    expect(grove.startAll()).toEqual([a, b]);
  });
});

describe('a group that takes long to come down', () => {
  it('is brought down once although its children fall one after the other', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all', intensity: 0 } },
      {
        [a]: { group: 'group' },
        [b]: { group: 'group' },
        [c]: { group: 'group' },
      },
    );
    grove.crash(a);
    grove.crash(b);
    grove.endAll();
    expect(grove.states()).toEqual({ [a]: 'failed', [b]: 'failed', [c]: 'failed' });
    expect(grove.reports).toHaveLength(1);
  });

  it('can be stopped while it gives up', () => {
    const grove = startGroups(
      { group: { strategy: 'one-for-all', intensity: 0 } },
      {
        [a]: { group: 'group' },
        [b]: { group: 'group' },
      },
    );
    grove.crash(a);
    grove.root.send({ type: 'environment.stop' });
    grove.endAll();
    expect(grove.root.getSnapshot().status).toBe('done');
    startWellIsImpossible(grove);
  });
});

function startWellIsImpossible(grove: SimulatedGroups): void {
  expect(() => {
    completeStart(grove.simulator);
  }).toThrow('No effect process is running');
}
