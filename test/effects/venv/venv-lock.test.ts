import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { prepareBundle } from '../../../src/effects/venv/prepare-bundle.js';
import { ownHostRecord } from '../../../src/effects/orphans/host-record.js';
import { withVenvLock } from '../../../src/effects/venv/venv-lock.js';
import { manifest, openBundle, useTempDirectory } from '../bundle/support.js';
import { fakeTools } from './fake-tools.js';

const place = useTempDirectory();
const { path, write } = place;
const tools = fakeTools(place);
const { signal } = new AbortController();

describe('the lock of a virtual environment', () => {
  it('lets one after the other work on it, and leaves nothing', async () => {
    let working = 0;
    const most: number[] = [];
    const work = async (): Promise<void> => {
      working += 1;
      await new Promise(setImmediate);
      most.push(working);
      working -= 1;
    };
    await Promise.all(Array.from({ length: 4 }, () => withVenvLock(path('a/venv'), signal, work)));
    expect(most).toEqual([1, 1, 1, 1]);
    expect(readdirSync(path('a'))).toEqual([]);
  });

  it.each<[string, () => string]>([
    [
      'of a process that has ended',
      () => JSON.stringify({ ...ownHostRecord('0'.repeat(10), 'end'), pid: deadPid() }),
    ],
    ['that is no lock', () => 'half of'],
  ])('%s is taken over', async (_, text) => {
    write('venv.espalier-lock', text());
    expect(await withVenvLock(path('venv'), signal, () => Promise.resolve('done'))).toBe('done');
    expect(readdirSync(path())).toEqual([]);
  });

  it('is waited for no longer than its signal lets it', async () => {
    write('venv.espalier-lock', JSON.stringify(ownHostRecord('0'.repeat(10), 'end')));
    const stopped = AbortSignal.abort(new Error('enough'));
    await expect(withVenvLock(path('venv'), stopped, () => Promise.resolve())).rejects.toThrow();
    expect(readdirSync(path())).toEqual(['venv.espalier-lock']);
  });

  it('makes one of several preparations at once do the work, and the others find it done', async () => {
    tools.python('python3', '3.11.4', 'sleep 0.3');
    write('hello/plugin.json', manifest('com.example.hello'));
    write('hello/plugin.py');
    write('hello/requirements.txt', 'things\n');
    const bundle = await openBundle(path('hello'));
    const outcomes = await Promise.all(
      Array.from({ length: 4 }, () => prepareBundle(bundle, () => undefined, { env: tools.env })),
    );
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual([
      'prepared',
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect(readdirSync(path('hello')).sort()).toEqual([
      'plugin.json',
      'plugin.py',
      'requirements.txt',
      'venv',
    ]);
  });

  it('is not taken for what is ready, so that a bundle that cannot be written to is found so', async () => {
    tools.python('python3', '3.11.4');
    write('hello/plugin.json', manifest('com.example.hello'));
    write('hello/plugin.py');
    write('hello/requirements.txt', 'things\n');
    const bundle = await openBundle(path('hello'));
    const prepare = () => prepareBundle(bundle, () => undefined, { env: tools.env });
    await prepare();
    // With a directory in the place of the lock, no lock can be taken.
    mkdirSync(path('hello/venv.espalier-lock'));
    expect((await prepare()).outcome).toBe('unchanged');
  });
});

function deadPid(): number {
  return spawnSync('/bin/true').pid;
}
