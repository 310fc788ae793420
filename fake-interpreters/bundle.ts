import { copyFileSync, linkSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FakeInterpreterName } from './index.js';
import { fakeInterpreterPath } from './index.js';

/** The options of `makeFakeBundle`. */
export interface FakeBundleOptions {
  /** Default: the fake's name. */
  readonly id?: string;
  /** Keys of `plugin.json` that replace the default ones; `null` leaves the file out. */
  readonly manifest?: object | null;
  /** The parent directory of the bundle; default: a new temporary one, which is removed with the bundle. */
  readonly directory?: string;
  /** `link`: a hard link, which saves space, but changes to the file affect all bundles. Default `copy`. */
  readonly interpreter?: 'copy' | 'link';
}

/** A bundle whose interpreter is a fake. */
export interface FakeBundle {
  readonly id: string;
  readonly directory: string;
  /** The parent directory of the bundle, for the option `pluginDir`. */
  readonly pluginDir: string;
  readonly interpreter: string;
  readonly remove: () => void;
}

/** Creates a bundle of a Python plugin whose interpreter is a fake. */
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

  const created = options.directory === undefined ? pluginDir : directory;
  return {
    id,
    directory,
    pluginDir,
    interpreter,
    remove: () => {
      rmSync(created, { recursive: true, force: true });
    },
  };
}

function defaultManifest(id: string) {
  return { id, name: `The fake plugin ${id}`, version: '1.0.0', server: { executable: 'plugin.py' } };
}
