import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { espalier } from '../support/cli.js';
import { afterTest } from '../support/environment.js';

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'espalier-command-'));
  afterTest(() => {
    rmSync(directory, { recursive: true });
  });
  return directory;
}

describe('espalier', () => {
  it.each(['check', 'run', 'prepare', 'lock', 'simulate', 'graph'])(
    '%s --help prints the usage',
    async (command) => {
      const run = espalier([command, '--help']);
      expect((await run.ended).code).toBe(0);
      expect(run.stdout()).toContain(`Usage: espalier ${command}`);
    },
  );

  it('prints the version of its package', async () => {
    const run = espalier(['--version']);
    await run.ended;
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(run.stdout()).toBe(`${version}\n`);
  });

  it('ends with 2 for a command that does not exist', async () => {
    const run = espalier(['fly']);
    expect((await run.ended).code).toBe(2);
  });

  it.each(['plugin', 'health', 'environment'])(
    'graph %s prints a mermaid chart from the running code',
    async (machine) => {
      const run = espalier(['graph', machine]);
      expect((await run.ended).code).toBe(0);
      expect(run.stdout()).toMatch(/^stateDiagram-v2/m);
    },
  );

  it('graph prints JSON with the main states of a plugin', async () => {
    const run = espalier(['graph', 'plugin', '--format', 'json']);
    await run.ended;
    const text = JSON.stringify(JSON.parse(run.stdout()));
    for (const state of ['idle', 'spawning', 'handshaking', 'healthy', 'crashed', 'restarting'])
      expect(text).toContain(state);
  });

  it('prepare has nothing to do for a directory without Python bundles', async () => {
    const directory = emptyDirectory();
    cpSync('examples/plugins/hello-node', join(directory, 'hello-node'), { recursive: true });
    const run = espalier(['prepare', directory]);
    expect((await run.ended).code).toBe(0);
    expect(run.stdout()).toContain('nothing to prepare');
    expect(run.stderr()).toBe('');
  });

  it.each(['prepare', 'lock'])('%s prints an error for a directory without bundles', async (command) => {
    const directory = emptyDirectory();
    const run = espalier([command, directory]);
    expect((await run.ended).code).toBe(0);
    expect(run.stdout()).toBe('');
    expect(run.stderr()).toContain(`There is no bundle in ${directory}.\nhint: A bundle is a subdirectory`);
  });
});
