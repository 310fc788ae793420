import type { AutoShutdown, RestartType } from '../../../src/model/index.js';
import { startGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

const [a, b, c, outside] = ['com.example.a', 'com.example.b', 'com.example.c', 'com.example.z'];

/** Two significant plugins and one that is not, in a group within a group. */
function grown(
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
    const grove = grown(row.autoShutdown, row.restart);
    grove.crash(a, { code: row.code });
    expect([...grove.endAll()].sort()).toEqual([...row.first].sort());
    if (row.both !== null) {
      grove.crash(b, { code: row.code });
      expect(grove.endAll()).toEqual(row.both);
    }
    const isDown = (row.both ?? row.first).length > 0;
    expect(grove.state(c)).toBe(isDown ? 'idle' : 'healthy');
    expect(grove.status(c).wanted).toBe(!isDown);
    expect(grove.state(outside)).toBe('healthy');
    expect(grove.reports.map(({ type }) => type)).toEqual(isDown ? ['supervisor.shutDown'] : []);
  });
});

describe('auto-shutdown', () => {
  it('is no matter of a plugin that is restarted', () => {
    const grove = grown('any-significant', 'transient');
    grove.crash(a, { code: 1 });
    grove.advance(0);
    expect(grove.startAll()).toEqual([a]);
    expect(grove.reports).toEqual([]);
  });

  it('is no matter of a plugin that is not significant', () => {
    const grove = startGroups(
      { group: { autoShutdown: 'any-significant' } },
      {
        [a]: { group: 'group', supervision: { restart: { restart: 'temporary' } } },
        [b]: { group: 'group' },
      },
    );
    grove.crash(a);
    expect(grove.state(b)).toBe('healthy');
  });

  it('is no matter of an operator who brings plugins down', () => {
    const grove = grown('any-significant', 'transient');
    grove.deactivate(a);
    grove.endAll();
    expect(grove.state(c)).toBe('healthy');
  });

  it('goes on to the group above where the group is significant', () => {
    const grove = grown('any-significant', 'transient', 'any-significant');
    grove.crash(a, { code: 0 });
    grove.endAll();
    expect(grove.states()).toEqual({ [a]: 'idle', [b]: 'idle', [c]: 'idle', [outside]: 'idle' });
    expect(grove.reports.map(({ supervisor }) => supervisor)).toEqual(['group', 'outer']);
  });

  it('leaves a group that can be used again', () => {
    const grove = grown('any-significant', 'transient');
    grove.crash(a, { code: 0 });
    grove.endAll();
    grove.activate(c);
    expect(grove.startAll()).toEqual([c]);
    expect(grove.group('group').state).toBe('running');
  });
});
