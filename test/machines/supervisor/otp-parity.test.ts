import type { RestartType, Strategy } from '../../../src/model/index.js';
import { PluginError } from '../../../src/model/index.js';
import { startGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

/** The plugin that ends stands between two siblings that are permanent. */
const [first, fallen, last] = ['com.example.a', 'com.example.b', 'com.example.c'];

type ExitKind = 'normal' | 'shutdown' | 'error' | 'signal' | 'hang';

/** What is left of the plugin that ended, where it is not restarted. */
type Rest = 'idle' | 'crashed';

/** OTP's table: for each end and each restart type, whether it is restarted, and where it rests if not. */
const table: Readonly<Record<ExitKind, Readonly<Record<RestartType, 'restarted' | Rest>>>> = {
  normal: { permanent: 'restarted', transient: 'idle', temporary: 'idle' },
  shutdown: { permanent: 'idle', transient: 'idle', temporary: 'idle' },
  error: { permanent: 'restarted', transient: 'restarted', temporary: 'crashed' },
  signal: { permanent: 'restarted', transient: 'restarted', temporary: 'crashed' },
  hang: { permanent: 'restarted', transient: 'restarted', temporary: 'crashed' },
};

/** Who is restarted with it. */
const company: Readonly<Record<Strategy, readonly string[]>> = {
  'one-for-one': [fallen],
  'one-for-all': [first, fallen, last],
  'rest-for-one': [fallen, last],
};

const cells = (Object.keys(table) as ExitKind[]).flatMap((kind) =>
  (['permanent', 'transient', 'temporary'] as const).flatMap((restart) =>
    (Object.keys(company) as Strategy[]).map((strategy) => {
      const result = table[kind][restart];
      return { kind, restart, strategy, result, restarted: result === 'restarted' ? company[strategy] : [] };
    }),
  ),
);

function end(grove: SimulatedGroups, kind: ExitKind): void {
  switch (kind) {
    case 'normal':
      grove.crash(fallen, { code: 0 });
      return;
    case 'shutdown':
      grove.deactivate(fallen);
      grove.crash(fallen, { code: 0 });
      return;
    case 'error':
      grove.crash(fallen, { code: 1 });
      return;
    case 'signal':
      grove.crash(fallen, { signal: 'SIGSEGV' });
      return;
    case 'hang': {
      const error = new PluginError({ code: 'HEALTH_TIMEOUT', message: 'silence', phase: 'health' });
      grove.ref(fallen).send({ type: 'health.lost', error });
      grove.crash(fallen, { signal: 'SIGTERM' });
    }
  }
}

describe.each(cells)('a $restart plugin under $strategy that ends by $kind', (cell) => {
  const { kind, restart, strategy, result, restarted } = cell;
  it(`is ${result}${restarted.length > 1 ? `, with ${restarted.filter((id) => id !== fallen).join(' and ')}` : ''}`, () => {
    const grove = startGroups(
      { group: { strategy } },
      {
        [first]: { group: 'group' },
        [fallen]: { group: 'group', supervision: { restart: { restart } } },
        [last]: { group: 'group' },
      },
    );
    const before = grove.generations();
    end(grove, kind);
    const broughtDown = grove.endAll();
    expect(broughtDown).toEqual(restarted.filter((id) => id !== fallen).reverse());
    grove.advance(0);
    expect(grove.startAll()).toEqual(restarted);
    for (const id of [first, fallen, last]) {
      const again = restarted.includes(id);
      expect([id, grove.state(id)]).toEqual([id, id === fallen && !again ? result : 'healthy']);
      expect([id, grove.status(id).generation]).toEqual([id, (before[id] ?? 0) + (again ? 1 : 0)]);
      expect([id, grove.status(id).restarts]).toEqual([id, again ? 1 : 0]);
    }
    expect(grove.group('group').state).toBe('running');
    expect(grove.root.getSnapshot().status).toBe('active');
  });
});
