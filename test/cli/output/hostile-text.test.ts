import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEnvironment } from '../../../src/index.js';
import { espalier, type CliRun } from '../../support/cli.js';
import { afterTest } from '../../support/environment.js';
import { untilTrue } from '../../support/until-true.js';

/** A clipboard write, a cleared screen, a colour by C1, a carriage return, a reversed line, and a forged line. */
const hostile = 'evil\u001b]52;c;aGk=\u0007\u001b[2J\u009b31m\r\u202eabc\n12:00:00.000 other  healthy  pid 1';

/** What is left of it on a terminal. */
const shown = String.raw`evil\u001b]52;c;aGk=\u0007\u001b[2J\u009b31m`;

const forged = /^12:00:00\.000 other/m;
// The line ends of the program, and on a terminal those that the terminal makes of them.
const unprintable =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/u;

function expectHarmless(text: string): void {
  expect(text).toContain(shown);
  expect(text).not.toMatch(unprintable);
  expect(text).not.toMatch(forged);
}

async function outputOf(run: CliRun): Promise<string> {
  await run.ended;
  return run.stdout() + run.stderr();
}

function emptyDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'espalier-hostile-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

function addBundle(directory: string, name: string, manifest: object | string, program = ''): void {
  mkdirSync(join(directory, name));
  writeFileSync(
    join(directory, name, 'plugin.json'),
    typeof manifest === 'string' ? manifest : JSON.stringify(manifest),
  );
  writeFileSync(join(directory, name, 'run'), `#!${process.execPath}\n${program}\n`, { mode: 0o755 });
}

const server = { executable: 'run', runtime: 'executable' };
const says = (stream: string) => `process.${stream}.write(${JSON.stringify(`${hostile}\n`)});`;
const hclog = JSON.stringify({
  '@level': 'info',
  '@message': hostile,
  '@module': hostile,
  [hostile]: hostile,
});

describe('hostile text of a plugin', () => {
  it.each([
    ['on stderr', `${says('stderr')} process.exitCode = 3;`],
    ['on stdout, instead of a handshake line', `${says('stdout')} process.exitCode = 3;`],
    ['in a log record', `process.stderr.write(${JSON.stringify(`${hclog}\n`)}); process.exitCode = 3;`],
    ['in an exception', `throw new Error(${JSON.stringify(hostile)});`],
  ])('%s is harmless in check', async (_, program) => {
    const run = espalier(['check', '--log-level', 'trace', '--', process.execPath, '-e', program]);
    const text = await outputOf(run);
    expect(text).not.toMatch(unprintable);
    expect(text).not.toMatch(forged);
    expect(text).toMatch(/evil\\u001b\]52|evil/);
  });

  it.each([[[]], [['--json']]])('in a gRPC message is harmless in check %j', async (flags) => {
    const hooks = { onActivate: `throw new Error(${JSON.stringify(hostile)})` };
    const program = ['test/plugin/programs/evaluates.mjs', JSON.stringify({ hooks })];
    const run = espalier(['check', ...flags, '--', process.execPath, ...program]);
    expectHarmless(await outputOf(run));
  });

  it.each([
    ['lines', []],
    ['JSON', ['--json']],
  ])('is harmless in run, as %s', async (_, flags) => {
    const directory = emptyDirectory();
    addBundle(
      directory,
      'talks',
      { id: 'talks', server },
      `process.stderr.write(${JSON.stringify(`${hclog}\n`)}); ${says('stderr')} process.exitCode = 3;`,
    );
    addBundle(directory, `broken ${hostile.replaceAll('/', '')}`, { id: 'broken', server, [hostile]: 1 });
    const run = espalier(['run', ...flags, '--policy', 'mattermost', '--log-level', 'trace', directory]);
    await run.printed(/PLUGIN_|crashed/);
    await untilTrue(() => /info.*evil/.test(run.stdout()));
    run.child.kill('SIGTERM');
    const text = await outputOf(run);
    expectHarmless(text);
    if (flags.length > 0)
      for (const line of text.trim().split('\n')) expect(() => JSON.parse(line) as unknown).not.toThrow();
  });

  it('is harmless in the table of run', async () => {
    const directory = emptyDirectory();
    addBundle(
      directory,
      'talks',
      { id: 'talks', server },
      `process.stderr.write(${JSON.stringify(`${hclog}\n`)}); ${says('stdout')} process.exitCode = 3;`,
    );
    addBundle(directory, `broken ${hostile}`, { id: 'broken', server, [hostile]: 1 });
    const run = espalier(['run', '--log-level', 'trace', directory], { pty: true });
    await run.printed(/info.*evil/);
    await run.printed(/PLUGIN +STATE/);
    run.child.kill('SIGTERM');
    await run.ended;
    // What this program itself sends: the cursor, the footer, and the line ends of the terminal.
    const text = run.stdout().replaceAll(/\u001b\[\?25[lh]|\u001b\[\d+A\r|\u001b\[0J|\r(?=\n)/g, '');
    expectHarmless(text);
  });
});

describe('hostile text of a bundle', () => {
  const rows: [string, string, object | string][] = [
    ['the name of its directory', `bundle ${hostile}`, '{'],
    ['a key of its manifest', 'bundle', { id: 'x', server, [hostile]: 1 }],
    ['its id', 'bundle', { id: hostile, server }],
    ['its executable', 'bundle', { id: 'x', server: { ...server, executable: hostile } }],
    ['text that is no JSON', 'bundle', hostile],
  ];
  const commands = [['lock'], ['lock', '--json'], ['prepare'], ['prepare', '--json']];

  it.each(rows)(
    'in %s is harmless in lock, prepare and check',
    async (_, name, manifest) => {
      const directory = emptyDirectory();
      addBundle(directory, name, manifest);
      const runs = commands.map(([command = '', ...flags]) => espalier([command, ...flags, directory]));
      runs.push(
        espalier(['check', join(directory, name)]),
        espalier(['check', '--json', join(directory, name)]),
      );
      for (const text of await Promise.all(runs.map(outputOf))) {
        expect(text).not.toBe('');
        expect(text).not.toMatch(unprintable);
        expect(text).not.toMatch(forged);
      }
    },
    60_000,
  );

  it('is harmless in the explanation of the environment', async () => {
    const directory = emptyDirectory();
    addBundle(directory, `bundle ${hostile}`, '{');
    const env = await createEnvironment({ pluginDir: directory });
    afterTest(() => env.shutdown());
    const [plugin] = env.available();
    const { summary, hint } = env.explain(plugin?.id ?? '');
    expectHarmless(summary);
    expect(hint).not.toMatch(unprintable);
  });
});
