import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../../fake-interpreters/index.js';
import { afterTest, isAlive } from '../../support/environment.js';
import { espalier } from '../../support/cli.js';
import { untilTrue } from '../../support/until-true.js';

function directoryOf(...names: FakeInterpreterName[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'espalier-test-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  for (const name of names) makeFakeBundle(name, { directory });
  return directory;
}

const inherit = ['--inherit-env', 'PATH,ESPALIER_TEST_TOKEN'];

describe('espalier run', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'supervises a directory until %s, and leaves no process behind',
    async (signal) => {
      const run = espalier(['run', ...inherit, directoryOf('healthy', 'has-hooks')]);
      await run.printed(/ healthy {2}healthy/);
      await run.printed(/ has-hooks {2}healthy/);
      expect(run.survivors()).toHaveLength(2);
      run.child.kill(signal);
      expect(await run.ended).toEqual({ code: 0, signal: null });
      expect(run.survivors()).toEqual([]);
      expect(run.stdout()).toContain(`stopping (${signal})`);
    },
  );

  it('restarts a killed plugin, and prints a line for each state', async () => {
    const run = espalier(['run', ...inherit, directoryOf('healthy')]);
    const [, pid] = await run.printed(/healthy {2}healthy {2}pid (\d+)/);
    process.kill(Number(pid), 'SIGKILL');
    await run.printed(
      /crashed {2}PLUGIN_CRASHED The plugin was ended by SIGKILL\.[\s\S]*generation 2[\s\S]*healthy {2}pid/,
    );
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
  });

  it('prints one JSON object for each event with --json, also for invalid bundles', async () => {
    const directory = directoryOf('healthy');
    makeFakeBundle('healthy', { directory, id: 'invalid', manifest: { server: {} } });
    const run = espalier(['run', '--json', ...inherit, directory]);
    await run.printed(/"state":"healthy"/);
    run.child.kill('SIGTERM');
    await run.ended;
    const events = run
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; plugin?: string });
    expect(events.find(({ type }) => type === 'plugin.invalid')).toMatchObject({ plugin: 'invalid' });
    expect(events.at(-1)).toMatchObject({ type: 'environment.state', state: 'stopped' });
  });

  it('exits with its plugins when its output is closed', async () => {
    const run = espalier(['run', '--log-level', 'trace', ...inherit, directoryOf('floods-stderr')]);
    await run.printed(/healthy {2}pid/);
    run.child.stdout?.destroy();
    await run.ended;
    expect(run.survivors()).toEqual([]);
  });

  it('prints the error and the hint of an invalid bundle', async () => {
    const directory = directoryOf('healthy');
    mkdirSync(join(directory, 'stray'));
    const manifest = { id: 'stray', server: { executable: 'plugin.py' } };
    writeFileSync(join(directory, 'stray', 'plugin.json'), JSON.stringify(manifest));
    const run = espalier(['run', ...inherit, directory]);
    const [line] = await run.printed(/^stray {2}invalid.*$/m);
    expect(line).toContain('plugin.py is not in the bundle, or cannot be reached. Check server.executable');
    run.child.kill('SIGINT');
    await run.ended;
  });

  it('exits at once with its plugins at the second signal', async () => {
    const run = espalier(['run', ...inherit, directoryOf('ignores-sigterm-and-shutdown')]);
    const [, pid] = await run.printed(/healthy {2}pid (\d+)/);
    run.child.kill('SIGINT');
    await run.printed(/stopping/);
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(1);
    await untilTrue(() => !isAlive(Number(pid)));
  });

  it('shows a live table on a terminal, and exits when the terminal is closed', async () => {
    const run = espalier(['run', ...inherit, directoryOf('healthy')], { pty: true });
    await run.printed(/PLUGIN +STATE +GEN +PID[\s\S]*healthy +healthy +1 +\d+/);
    // The terminal belongs to `script`; with its end, the kernel sends SIGHUP to what runs in it.
    run.child.kill('SIGKILL');
    await untilTrue(() => run.survivors().length === 0);
  });

  it('passes the environment to the module of --with, and calls its teardown', async () => {
    const directory = directoryOf('healthy');
    const hostModule = join(directory, 'host-module.mjs');
    writeFileSync(
      hostModule,
      'export default (env, { print }) => { print(`hello ${env.available()[0].id}`); return () => print("goodbye"); };',
    );
    const run = espalier(['run', '--with', hostModule, ...inherit, directory]);
    await run.printed(/^hello healthy$/m);
    await run.printed(/healthy {2}pid/);
    run.child.kill('SIGINT');
    await run.ended;
    expect(run.stdout()).toMatch(/^goodbye$/m);
  });

  it.each([
    ['before the directory', (directory: string) => ['--inspect', directory]],
    ['after the directory', (directory: string) => [directory, '--inspect']],
    ['with a port', (directory: string) => ['--inspect', '0', directory]],
  ])('serves the inspector with --inspect %s', async (_, words) => {
    const run = espalier(['run', ...inherit, ...words(directoryOf('healthy'))]);
    const [, url = ''] = await run.printed(/inspector: (http:\/\/127\.0\.0\.1:\d+\S*)/);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<html');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
  });

  it.each([
    ['a directory that does not exist', ['/nowhere/at/all'], 'CONFIG_INVALID'],
    ['a directory without bundles', ['proto'], 'There is no bundle'],
    ['no directory', [], 'missing required argument'],
    ['a module of --with without a function', ['--with', 'package.json', 'examples/plugins'], ''],
  ])('exits with an error for %s', async (_, args, message) => {
    const run = espalier(['run', ...args]);
    expect((await run.ended).code).toBeGreaterThan(0);
    expect(run.stderr()).toContain(message);
  });
});
