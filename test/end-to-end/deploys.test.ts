import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { createEnvironment, type Environment } from '../../src/index.js';
import { afterTest, until } from '../support/environment.js';

const id = 'com.example.deployed';

interface Deployed {
  readonly env: Environment;
  readonly home: string;
  /** Points the link at another release, as deploys do: by renaming a new link over the old one. */
  release(number: number, of?: string): void;
}

/** An environment whose bundle is a link, `current`, to the first of two releases. */
async function deployed(option: 'bundles' | 'pluginDir'): Promise<Deployed> {
  const home = realpathSync(mkdtempSync(join(tmpdir(), 'deploy-')));
  afterTest(() => {
    rmSync(home, { recursive: true, force: true });
  });
  const release = (number: number, of = id): void => {
    const made = makeFakeBundle('healthy', {
      id: `release-${number}`,
      directory: join(home, 'releases'),
      manifest: { id: of, version: `${number}.0.0` },
    });
    symlinkSync(made.directory, join(home, 'next'));
    renameSync(join(home, 'next'), join(home, 'plugins', 'current'));
  };
  mkdirSync(join(home, 'plugins'));
  release(1);
  const env = await createEnvironment({
    ...(option === 'bundles'
      ? { bundles: [join(home, 'plugins', 'current')] }
      : { pluginDir: join(home, 'plugins') }),
    policy: { restart: { backoff: { firstMs: 0, baseMs: 0 } } },
  });
  afterTest(() => env.shutdown());
  return { env, home, release };
}

const runs = (env: Environment): string => env.status(id).command?.[0] ?? '';

describe.each(['bundles', 'pluginDir'] as const)('a deploy by a link, with the option %s', (option) => {
  it('is started by a restart, though the release before is removed', async () => {
    const { env, home, release } = await deployed(option);
    await env.activate(id);
    expect(runs(env)).toContain('release-1');
    release(2);
    rmSync(join(home, 'releases', 'release-1'), { recursive: true });
    await env.restartPlugin(id);
    expect(runs(env)).toContain('release-2');
    expect(env.status(id)).toMatchObject({ state: 'healthy', version: '2.0.0' });
  });

  it('is started after a crash, and by a fresh activation', async () => {
    const { env, home, release } = await deployed(option);
    await env.activate(id);
    release(2);
    rmSync(join(home, 'releases', 'release-1'), { recursive: true });
    const { pid, generation } = env.status(id);
    process.kill(pid as number, 'SIGKILL');
    await until(env, id, 'spawning');
    await until(env, id, 'healthy');
    expect(env.status(id)).toMatchObject({ generation: generation + 1, version: '2.0.0' });
    release(3);
    await env.deactivate(id);
    await env.activate(id);
    expect(runs(env)).toContain('release-3');
  });

  it('is no duplicate in a rescan', async () => {
    const { env, release } = await deployed(option);
    await env.activate(id);
    release(2);
    const found = await env.rescan();
    expect(found).toMatchObject([{ id, error: null }]);
    await env.restartPlugin(id);
    expect(runs(env)).toContain('release-2');
  });

  it('is refused when it is another plugin', async () => {
    const { env, release } = await deployed(option);
    release(2, 'com.example.other');
    await expect(env.activate(id)).rejects.toMatchObject({ code: 'MANIFEST_INVALID' });
  });
});
