import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { readBundle } from '../../../src/effects/bundle/index.js';
import { prepareBundle } from '../../../src/effects/venv/prepare-bundle.js';
import { computeChecksums, readLockFile } from '../../../src/effects/checksum/index.js';
import { writeAtomically } from '../../../src/effects/files/write-atomically.js';
import { findOrphanedDirectories } from '../../../src/effects/orphans/index.js';
import { acquireStateLock, readRecords, removeInheritedRoot } from '../../../src/effects/state/index.js';
import { readStamp } from '../../../src/effects/venv/stamp.js';
import { createEnvironment } from '../../../src/index.js';
import { manifest, openBundle, useTempDirectory } from '../bundle/support.js';

const { path, write } = useTempDirectory();

function pipe(...parts: string[]): string {
  const name = path(...parts);
  mkdirSync(join(name, '..'), { recursive: true });
  execFileSync('mkfifo', ['-m', '600', name]);
  return name;
}

async function bundle() {
  write('hello/plugin.json', manifest('com.example.hello'));
  write('hello/plugin.py');
  write('hello/requirements.txt', '-r more.txt\n');
  return openBundle(path('hello'));
}

describe('a named pipe in the place of', () => {
  it.each(['plugin.json', 'plugin.yaml'])('the manifest %s makes a broken bundle', async (name) => {
    pipe('hello', name);
    expect(await readBundle(path('hello'))).toMatchObject({
      ok: false,
      error: { code: 'MANIFEST_INVALID', message: `${path('hello', name)} is not a file.` },
    });
  });

  it('a lock file is refused', async () => {
    await expect(readLockFile(pipe('espalier.lock'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('is not a file') as string,
    });
  });

  it('a requirements file or one that it includes is refused', async () => {
    const found = await bundle();
    pipe('hello/more.txt');
    const prepare = () => prepareBundle(found, () => undefined);
    await expect(prepare()).rejects.toMatchObject({ code: 'MANIFEST_INVALID', plugin: 'com.example.hello' });
    rmSync(path('hello/requirements.txt'));
    pipe('hello/requirements.txt');
    await expect(prepare()).resolves.toMatchObject({ outcome: 'not-needed' });
  });

  it('the manifest or the entry of a bundle that is hashed is refused', async () => {
    const found = await bundle();
    for (const name of ['plugin.json', 'plugin.py']) {
      rmSync(path('hello', name));
      pipe('hello', name);
      await expect(computeChecksums(found, {})).rejects.toThrow(/not a (regular )?file/);
    }
  });

  it('the stamp of a virtual environment is no stamp', async () => {
    pipe('venv/espalier-prepared.json');
    expect(await readStamp(path('venv'))).toBeNull();
  });

  it('the lock of a state directory is refused', async () => {
    pipe('state/host.json');
    await expect(acquireStateLock(path('state'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('host.json is not a file') as string,
    });
  });

  it('the record of a plugin is set aside', async () => {
    pipe('state/plugins/com.example.hello.json');
    const { records, setAside } = await readRecords(path('state'));
    expect(records).toEqual([]);
    expect(setAside).toEqual([
      {
        file: path('state/plugins/com.example.hello.json.aside-1'),
        problem: expect.stringContaining('is not a file') as string,
      },
    ]);
  });

  it('the record of a dead host leaves its directory alone', async () => {
    pipe('espalier-aaaaaa/host.json');
    expect(await findOrphanedDirectories(path('espalier-bbbbbb'))).toEqual([]);
    await removeInheritedRoot(path('espalier-aaaaaa'), new Set());
    expect(existsSync(path('espalier-aaaaaa/host.json'))).toBe(true);
  });

  it('a draft is replaced, and so is a link, which is not written through', async () => {
    pipe('file.draft');
    await writeAtomically(path('file'), 'first');
    write('elsewhere', 'untouched');
    symlinkSync(path('elsewhere'), path('file.draft'));
    await writeAtomically(path('file'), 'second');
    expect(execFileSync('cat', [path('file'), path('elsewhere')], { encoding: 'utf8' })).toBe(
      'seconduntouched',
    );
  });

  it('its own program, put there by a plugin that then exits, does not block the host', async () => {
    const program = write('plugin.sh', '#!/bin/sh\nrm "$0"; mkfifo "$0"; exit 3\n', 0o755);
    const env = await createEnvironment({
      programs: [{ id: 'com.example.pipe', command: program }],
      policy: { restart: { restart: 'temporary' } },
    });
    await expect(env.activate('com.example.pipe')).rejects.toMatchObject({ code: 'EXITED_BEFORE_HANDSHAKE' });
    await expect(env.activate('com.example.pipe')).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
    await env.shutdown();
  });
});
