import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFakeBundle } from '../../../fake-interpreters/bundle.js';
import { espalier } from '../../support/cli.js';
import { afterTest } from '../../support/environment.js';

function plugins() {
  const made = makeFakeBundle('healthy');
  afterTest(() => {
    made.remove();
  });
  return made;
}

async function run(...args: string[]) {
  const started = espalier(args);
  const { code } = await started.ended;
  return { code, out: started.stdout(), err: started.stderr() };
}

describe('espalier lock', () => {
  it('writes a lock file that --check verifies, until a file is changed, added or missing', async () => {
    const { pluginDir, directory, id } = plugins();
    expect(await run('lock', pluginDir)).toMatchObject({ code: 0, out: `${id}  locked\n` });
    const lockFile: unknown = JSON.parse(readFileSync(join(pluginDir, 'plugins.lock.json'), 'utf8'));
    const sum = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string;
    expect(lockFile).toEqual({
      version: 1,
      plugins: { [id]: { files: { 'plugin.json': sum, 'plugin.py': sum } } },
    });
    expect(await run('lock', '--check', pluginDir)).toMatchObject({ code: 0, out: `${id}  verified\n` });

    appendFileSync(join(directory, 'plugin.py'), 'evil');
    const changed = await run('lock', '--check', '--json', pluginDir);
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.out)).toMatchObject({ plugin: id, error: { code: 'CHECKSUM_MISMATCH' } });

    makeFakeBundle('healthy', { directory: pluginDir, id: 'added' });
    rmSync(directory, { recursive: true });
    const moved = await run('lock', '--check', pluginDir);
    expect(moved.code).toBe(1);
    expect(moved.out).toMatch(/added {2}failed\nCHECKSUM_MISMATCH: .* does not know/);
    expect(moved.out).toMatch(/healthy {2}failed\nCHECKSUM_MISMATCH: .* its bundle is missing/);
  });

  it('locks whole bundles with --bundle, and with another algorithm', async () => {
    const { pluginDir, directory } = plugins();
    expect((await run('lock', '--bundle', '--algorithm', 'sha512', pluginDir)).code).toBe(0);
    expect(readFileSync(join(pluginDir, 'plugins.lock.json'), 'utf8')).toMatch(/"bundle": "sha512:/);
    writeFileSync(join(directory, 'json.py'), 'evil');
    expect((await run('lock', '--check', pluginDir)).code).toBe(1);
  });

  it.each([
    [['lock']],
    [['lock', '/nowhere']],
    [['lock', '--algorithm', 'md5', '.']],
    [['lock', '--check', 'docs']],
  ])('exits with 2 for wrong usage: %j', async (args) => {
    expect((await run(...args)).code).toBe(2);
  });
});

describe('--locked', () => {
  it('lets check start only plugins that match the lock file', async () => {
    const { pluginDir, directory } = plugins();
    expect((await run('check', '--locked', directory)).code).toBe(2);
    await run('lock', pluginDir);
    expect((await run('check', '--locked', directory)).code).toBe(0);
    appendFileSync(join(directory, 'plugin.py'), 'evil');
    const rejected = await run('check', '--locked', directory);
    expect(rejected).toMatchObject({ code: 1 });
    expect(rejected.out).toMatch(/^FAIL interpreter .*\nCHECKSUM_MISMATCH/m);
    expect((await run('check', directory)).code).toBe(0);
  });

  it('lets run start only plugins that match the lock file', async () => {
    const { pluginDir, directory, id } = plugins();
    await run('lock', pluginDir);
    appendFileSync(join(directory, 'plugin.py'), 'evil');
    const started = espalier(['run', '--json', '--locked', pluginDir]);
    const [line] = await started.printed(/.*plugin\.gaveUp.*/);
    expect(JSON.parse(line)).toMatchObject({ plugin: id, status: { error: { code: 'CHECKSUM_MISMATCH' } } });
    started.child.kill('SIGTERM');
    expect((await started.ended).code).toBe(0);
  });
});
