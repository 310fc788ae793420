import { copyFileSync, linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FakeInterpreterName } from './index.js';
import { fakeInterpreterPath } from './index.js';

export interface FakeBundleOptions {
  /** Default: the fake's name. */
  readonly id?: string;
  /** Keys of `plugin.json` that replace the default ones; `null` leaves the file out. */
  readonly manifest?: object | null;
  /** The directory that gets the bundle; default: a new temporary one, which goes with the bundle. */
  readonly directory?: string;
  /** `link` costs no space in a crowd of bundles, but changing the file changes every other one. Default `copy`. */
  readonly interpreter?: 'copy' | 'link';
}

export interface FakeBundle {
  readonly id: string;
  readonly directory: string;
  /** The directory that holds the bundle: what an environment takes as `pluginDir`. */
  readonly pluginDir: string;
  readonly interpreter: string;
  readonly remove: () => void;
}

/** Makes a bundle of a Python plugin whose interpreter is a fake one. */
export function makeFakeBundle(name: FakeInterpreterName, options: FakeBundleOptions = {}): FakeBundle {
  const { id = name, manifest = {}, interpreter: kind = 'copy' } = options;
  const pluginDir = options.directory ?? realpathSync(mkdtempSync(join(tmpdir(), 'espalier-fake-')));
  const directory = join(pluginDir, id);
  const interpreter = join(directory, 'venv', 'bin', 'python');

  mkdirSync(join(directory, 'venv', 'bin'), { recursive: true });
  writeFileSync(join(directory, 'plugin.py'), '');
  if (manifest !== null) {
    writeFileSync(
      join(directory, 'plugin.json'),
      JSON.stringify({ ...defaultManifest(id), ...manifest }, null, 2),
    );
  }
  if (kind === 'link') linkSync(fakeInterpreterPath(name), interpreter);
  else copyFileSync(fakeInterpreterPath(name), interpreter);

  const made = options.directory === undefined ? pluginDir : directory;
  return {
    id,
    directory,
    pluginDir,
    interpreter,
    remove: () => {
      rmSync(made, { recursive: true, force: true });
    },
  };
}

function defaultManifest(id: string) {
  return { id, name: `The fake plugin ${id}`, version: '1.0.0', server: { executable: 'plugin.py' } };
}
