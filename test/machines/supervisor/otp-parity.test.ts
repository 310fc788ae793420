import type { RestartType, Strategy } from '../../../src/model/index.js';
import { PluginError } from '../../../src/model/index.js';
import { startGroups, type SimulatedGroups } from '../../support/simulated-groups.js';

/** The plugin that ends stands between two siblings that are permanent. */
const [first, exited, last] = ['com.example.a', 'com.example.b', 'com.example.c'];

type ExitKind = 'normal' | 'shutdown' | 'error' | 'signal' | 'hang';

/** What is left of the plugin that ended, where it is not restarted. */
type Rest = 'idle' | 'crashed';

/** OTP's table: for each exit and each restart type, whether the plugin is restarted, and its state if not. */
const table: Readonly<Record<ExitKind, Readonly<Record<RestartType, 'restarted' | Rest>>>> = {
  normal: { permanent: 'restarted', transient: 'idle', temporary: 'idle' },
  shutdown: { permanent: 'idle', transient: 'idle', temporary: 'idle' },
  error: { permanent: 'restarted', transient: 'restarted', temporary: 'crashed' },
  signal: { permanent: 'restarted', transient: 'restarted', temporary: 'crashed' },
  hang: { permanent: 'restarted', transient: 'restarted', temporary: 'crashed' },
};

/** Who is restarted with it. */
const current: Readonly<Record<Strategy, readonly string[]>> = {
  'one-for-one': [exited],
  'one-for-all': [first, exited, last],
  'rest-for-one': [exited, last],
};

const cells = (Object.keys(table) as ExitKind[]).flatMap((kind) =>
  (['permanent', 'transient', 'temporary'] as const).flatMap((restart) =>
    (Object.keys(current) as Strategy[]).map((strategy) => {
      const result = table[kind][restart];
      return { kind, restart, strategy, result, restarted: result === 'restarted' ? current[strategy] : [] };
    }),
  ),
);

function end(tree: SimulatedGroups, kind: ExitKind): void {
  switch (kind) {
    case 'normal':
      tree.crash(exited, { code: 0 });
      return;
    case 'shutdown':
      tree.deactivate(exited);
      tree.crash(exited, { code: 0 });
      return;
    case 'error':
      tree.crash(exited, { code: 1 });
      return;
    case 'signal':
      tree.crash(exited, { signal: 'SIGSEGV' });
      return;
    case 'hang': {
      const error = new PluginError({ code: 'HEALTH_TIMEOUT', message: 'silence', phase: 'health' });
      tree.ref(exited).send({ type: 'health.lost', error });
      tree.crash(exited, { signal: 'SIGTERM' });
    }
  }
}

describe.each(cells)('a $restart plugin under $strategy that ends by $kind', (cell) => {
  const { kind, restart, strategy, result, restarted } = cell;
  it(`is ${result}${restarted.length > 1 ? `, with ${restarted.filter((id) => id !== exited).join(' and ')}` : ''}`, () => {
    const tree = startGroups(
      { group: { strategy } },
      {
        [first]: { group: 'group' },
        [exited]: { group: 'group', supervision: { restart: { restart } } },
        [last]: { group: 'group' },
      },
    );
    const before = tree.generations();
    end(tree, kind);
    const broughtDown = tree.endAll();
    expect(broughtDown).toEqual(restarted.filter((id) => id !== exited).reverse());
    tree.advance(0);
    expect(tree.startAll()).toEqual(restarted);
    for (const id of [first, exited, last]) {
      const again = restarted.includes(id);
      expect([id, tree.state(id)]).toEqual([id, id === exited && !again ? result : 'healthy']);
      expect([id, tree.status(id).generation]).toEqual([id, (before[id] ?? 0) + (again ? 1 : 0)]);
      expect([id, tree.status(id).restarts]).toEqual([id, again ? 1 : 0]);
    }
    expect(tree.group('group').state).toBe('running');
    expect(tree.root.getSnapshot().status).toBe('active');
  });
});
