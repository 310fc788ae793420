import type { AutoShutdown, RestartType } from '../../../src/model/index.js';
import { startGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

const [a, b, c, outside] = ['com.example.a', 'com.example.b', 'com.example.c', 'com.example.z'];

/** Two significant plugins and one that is not, in a group within a group. */
function startGroup(
  autoShutdown: AutoShutdown,
  restart: RestartType,
  outer: AutoShutdown = 'never',
): SimulatedGroups {
  const significant = { group: 'group', significant: true, supervision: { restart: { restart } } };
  return startGroups(
    { outer: { autoShutdown: outer }, group: { parent: 'outer', autoShutdown, significant: true } },
    { [a]: significant, [b]: significant, [c]: { group: 'group' }, [outside]: { group: 'outer' } },
  );
}

const rows = [
  { autoShutdown: 'never', restart: 'transient', code: 0, first: [], both: [] },
  { autoShutdown: 'any-significant', restart: 'transient', code: 0, first: [c, b], both: null },
  { autoShutdown: 'all-significant', restart: 'transient', code: 0, first: [], both: [c] },
  { autoShutdown: 'any-significant', restart: 'temporary', code: 0, first: [c, b], both: null },
  { autoShutdown: 'any-significant', restart: 'temporary', code: 1, first: [c, b], both: null },
  { autoShutdown: 'all-significant', restart: 'temporary', code: 1, first: [], both: [c] },
] as const;

describe.each(rows)('under $autoShutdown, $restart significant plugins that end with $code', (row) => {
  it('take the others with them as OTP says', () => {
    const tree = startGroup(row.autoShutdown, row.restart);
    tree.crash(a, { code: row.code });
    expect([...tree.endAll()].sort()).toEqual([...row.first].sort());
    if (row.both !== null) {
      tree.crash(b, { code: row.code });
      expect(tree.endAll()).toEqual(row.both);
    }
    const isDown = (row.both ?? row.first).length > 0;
    expect(tree.state(c)).toBe(isDown ? 'idle' : 'healthy');
    expect(tree.status(c).wanted).toBe(!isDown);
    expect(tree.state(outside)).toBe('healthy');
    expect(tree.reports.map(({ type }) => type)).toEqual(isDown ? ['supervisor.shutDown'] : []);
  });
});

describe('auto-shutdown', () => {
  it('is no matter of a plugin that is restarted', () => {
    const tree = startGroup('any-significant', 'transient');
    tree.crash(a, { code: 1 });
    tree.advance(0);
    expect(tree.startAll()).toEqual([a]);
    expect(tree.reports).toEqual([]);
  });

  it('is no matter of a plugin that is not significant', () => {
    const tree = startGroups(
      { group: { autoShutdown: 'any-significant' } },
      {
        [a]: { group: 'group', supervision: { restart: { restart: 'temporary' } } },
        [b]: { group: 'group' },
      },
    );
    tree.crash(a);
    expect(tree.state(b)).toBe('healthy');
  });

  it('is no matter of an operator who brings plugins down', () => {
    const tree = startGroup('any-significant', 'transient');
    tree.deactivate(a);
    tree.endAll();
    expect(tree.state(c)).toBe('healthy');
  });

  it('goes on to the group above where the group is significant', () => {
    const tree = startGroup('any-significant', 'transient', 'any-significant');
    tree.crash(a, { code: 0 });
    tree.endAll();
    expect(tree.states()).toEqual({ [a]: 'idle', [b]: 'idle', [c]: 'idle', [outside]: 'idle' });
    expect(tree.reports.map(({ supervisor }) => supervisor)).toEqual(['group', 'outer']);
  });

  it('leaves a group that can be used again', () => {
    const tree = startGroup('any-significant', 'transient');
    tree.crash(a, { code: 0 });
    tree.endAll();
    tree.activate(c);
    expect(tree.startAll()).toEqual([c]);
    expect(tree.group('group').state).toBe('running');
  });
});
