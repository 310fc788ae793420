import { existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeBundle } from '../../fake-interpreters/bundle.js';
import { fakeInterpreterPath } from '../../fake-interpreters/index.js';
import { createLauncher, handshakeOf } from './launcher.js';

const fakes = createLauncher();
afterAll(fakes.endAll);

const made: FakeBundle[] = [];
const make = (...given: Parameters<typeof makeFakeBundle>) => {
  const bundle = makeFakeBundle(...given);
  made.push(bundle);
  return bundle;
};
afterEach(() => {
  for (const bundle of made.splice(0)) bundle.remove();
});

const manifestOf = (bundle: FakeBundle): unknown =>
  JSON.parse(readFileSync(join(bundle.directory, 'plugin.json'), 'utf8'));

describe('a fake bundle', () => {
  it('is a Python plugin named after its fake', () => {
    const bundle = make('no-stdio');
    expect(bundle.directory).toBe(join(bundle.pluginDir, 'no-stdio'));
    expect(manifestOf(bundle)).toMatchObject({ id: 'no-stdio', server: { executable: 'plugin.py' } });
    expect(statSync(join(bundle.directory, 'plugin.py')).size).toBe(0);
  });

  it('has the requested id and manifest', () => {
    const bundle = make('healthy', { id: 'com.example.a', manifest: { requires: ['com.example.b'] } });
    expect(manifestOf(bundle)).toMatchObject({ id: 'com.example.a', requires: ['com.example.b'] });
  });

  it('has no manifest when none is wanted', () => {
    expect(existsSync(join(make('healthy', { manifest: null }).directory, 'plugin.json'))).toBe(false);
  });

  it('can lie beside another one, and removes itself alone', () => {
    const first = make('healthy');
    const second = make('healthy', { id: 'second', directory: first.pluginDir });
    second.remove();
    expect(existsSync(second.directory)).toBe(false);
    expect(existsSync(first.interpreter)).toBe(true);
    first.remove();
    expect(existsSync(first.pluginDir)).toBe(false);
  });

  it('has an interpreter of its own, so that a test may spoil it', () => {
    expect(statSync(make('healthy').interpreter).nlink).toBe(1);
  });

  it.each(['copy', 'link'] as const)('has an interpreter that runs as a %s', async (interpreter) => {
    const fake = fakes.launchFile(make('healthy', { interpreter }).interpreter);
    expect(await handshakeOf(fake)).toMatchObject({ network: 'unix' });
  });

  it('runs as a symbolic link too, the way a real venv is made', async () => {
    const link = join(make('healthy').directory, 'venv', 'bin', 'python3');
    symlinkSync(fakeInterpreterPath('healthy'), link);
    expect(await handshakeOf(fakes.launchFile(link))).toMatchObject({ network: 'unix' });
  });
});
