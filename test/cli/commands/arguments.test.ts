import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { makeFakeBundle } from '../../../fake-interpreters/bundle.js';
import { afterTest } from '../../support/environment.js';
import { espalier } from '../../support/cli.js';

async function failureOf(args: readonly string[]): Promise<string> {
  const run = espalier(args);
  expect(await run.ended).toEqual({ code: 2, signal: null });
  expect(run.stdout()).toBe('');
  return run.stderr();
}

function healthyBundle(): string {
  const { directory, remove } = makeFakeBundle('healthy');
  afterTest(() => {
    remove();
  });
  return directory;
}

describe('the arguments', () => {
  it.each([
    [['check', '--inherit-env', '--mtls', 'off', './bundle'], '--mtls looks like a flag'],
    [['run', '--config', '--json', './bundles'], '--json looks like a flag'],
    [['run', '--state-dir', '--json', './bundles'], '--json looks like a flag'],
    [['check', '--cookie', '--json', './bundle'], '--json looks like a flag'],
    [['prepare', '--python', '--json', './bundles'], '--json looks like a flag'],
    [['lock', '--file', '--check', './bundles'], '--check looks like a flag'],
    [['simulate', '--manifest', '--json'], '--json looks like a flag'],
    [['check', '--inherit-env', 'A=B', './bundle'], 'names separated by commas'],
    [['check', './bundle', 'off'], 'off is neither'],
    [['check', './bundle', '--', '/bin/true'], './bundle is before it, and /bin/true after it'],
  ])('%j are refused: %s', async (args, reason) => {
    expect(await failureOf(args)).toContain(reason);
  });
});

describe('an output that nobody reads', () => {
  const bundles = (): string => `${healthyBundle()}/..`;

  it.each<[string, () => string[], number]>([
    ['--help', () => ['--help'], 0],
    ['--version', () => ['--version'], 0],
    ['check --help', () => ['check', '--help'], 0],
    ['graph', () => ['graph', 'plugin'], 0],
    ['simulate', () => ['simulate', '--crash-every', '1s', '--json'], 0],
    ['lock', () => ['lock', bundles()], 0],
    ['prepare', () => ['prepare', bundles()], 0],
    ['check', () => ['check', healthyBundle()], 0],
    ['check of what is no bundle', () => ['check', mkdtempSync(join(tmpdir(), 'empty-'))], 1],
    ['run', () => ['run', bundles()], 0],
  ])('ends %s quietly', async (_, args, code) => {
    const run = espalier(args());
    // Closed before the command has loaded, and so before it prints.
    run.child.stdout?.destroy();
    expect(await run.ended).toEqual({ code, signal: null });
    expect(run.stderr()).not.toMatch(/EPIPE|Error|at .*\.js:/);
    expect(run.survivors()).toEqual([]);
  });
});

describe('run as process 1', () => {
  it('warns that zombies stay, and names an init', async () => {
    const namespace = ['--user', '--map-root-user', '--pid', '--fork', '--kill-child'];
    const directory = mkdtempSync(join(tmpdir(), 'empty-'));
    const command = [process.execPath, 'dist/esm/cli/main.js', 'run', directory];
    const run = promisify(execFile)('unshare', [...namespace, '--', ...command]);
    await expect(run).rejects.toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/this is process 1.*docker run --init/) as string,
      stderr: expect.stringContaining('There is no bundle') as string,
    });
  });
});
