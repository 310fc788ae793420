import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeFakeBundle, type FakeBundle } from '../../fake-interpreters/bundle.js';
import { fakeInterpreterPath } from '../../fake-interpreters/index.js';
import {
  checkLockFile,
  createEnvironment,
  lockPlugins,
  type Environment,
  type EnvironmentOptions,
  type PluginError,
  type ProgramOptions,
} from '../../src/index.js';
import { afterTest } from '../support/environment.js';

const sumOf = (bytes: string | Uint8Array, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
const empty = sumOf('');

function bundle(manifest: object = {}): FakeBundle {
  const made = makeFakeBundle('healthy', { manifest });
  afterTest(() => {
    made.remove();
  });
  return made;
}

async function environment(options: EnvironmentOptions): Promise<Environment> {
  const env = await createEnvironment(options);
  afterTest(() => env.shutdown());
  return env;
}

/** The error that a start fails with, which must be one before any process. */
async function refusal(env: Environment, id: string): Promise<PluginError> {
  const spawned: unknown[] = [];
  env.events.subscribe((event) => {
    if (event.type === 'plugin.status') spawned.push(event.status.pid, event.status.command);
  });
  const error = await env.activate(id).then(
    () => {
      throw new Error('It was started.');
    },
    (thrown: unknown) => thrown as PluginError,
  );
  expect(spawned.every((found) => found === null)).toBe(true);
  return error;
}

describe('checksums in a manifest', () => {
  it.each([
    ['sha256', { 'plugin.py': empty }],
    ['sha512', { 'plugin.py': sumOf('', 'sha512') }],
  ])('let a plugin start that matches, by %s', async (_, checksums) => {
    const { directory, id } = bundle({ checksums });
    const env = await environment({ bundles: [directory] });
    await env.activate(id);
    expect(env.isActive(id)).toBe(true);
  });

  it('refuse a changed entry with both checksums, without a retry', async () => {
    const { directory, id } = bundle({ checksums: { 'plugin.py': empty } });
    const env = await environment({ bundles: [directory] });
    appendFileSync(join(directory, 'plugin.py'), 'evil');
    const facts = { file: 'plugin.py', expected: empty, actual: sumOf('evil') };
    const error = await refusal(env, id);
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', phase: 'interpreter', plugin: id, facts });
    expect(env.status(id)).toMatchObject({ state: 'failed', restarts: 0 });
  });

  it('are verified before each start, also before a restart', async () => {
    const { directory, id } = bundle({ checksums: { 'plugin.py': empty } });
    const env = await environment({ bundles: [directory] });
    await env.activate(id);
    writeFileSync(join(directory, 'plugin.py'), 'evil');
    await expect(env.restartPlugin(id)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    writeFileSync(join(directory, 'plugin.py'), '');
    await env.activate(id);
  });

  it('refuse an entry without a checksum', async () => {
    const { directory, id } = bundle({ checksums: { 'plugin.json': empty } });
    const error = await refusal(await environment({ bundles: [directory] }), id);
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', facts: { file: 'plugin.py', expected: null } });
  });

  it('refuse a missing file, and a link out of the bundle', async () => {
    const { directory, id } = bundle({ checksums: { 'plugin.py': empty, 'more.py': empty } });
    const env = await environment({ bundles: [directory] });
    expect(await refusal(env, id)).toMatchObject({ code: 'CHECKSUM_MISMATCH', facts: { file: 'more.py' } });
    symlinkSync('/dev/null', join(directory, 'more.py'));
    await expect(env.activate(id)).rejects.toMatchObject({ code: 'PATH_ESCAPES_BUNDLE' });
  });

  it('cover the whole bundle but the virtual environment, caches and the field itself', async () => {
    const { directory, id, pluginDir } = bundle();
    await lockPlugins(pluginDir, { bundle: true });
    const { plugins } = JSON.parse(readFileSync(join(pluginDir, 'plugins.lock.json'), 'utf8')) as {
      plugins: Record<string, { bundle: string }>;
    };
    const manifest = JSON.parse(readFileSync(join(directory, 'plugin.json'), 'utf8')) as object;
    writeFileSync(
      join(directory, 'plugin.json'),
      JSON.stringify({ bundle: plugins[id]?.bundle, ...manifest }),
    );
    mkdirSync(join(directory, '__pycache__'));
    writeFileSync(join(directory, '__pycache__', 'plugin.pyc'), 'cached');
    writeFileSync(join(directory, 'venv', 'made'), 'here');
    const env = await environment({ bundles: [directory] });
    await env.activate(id);

    for (const [change, undo] of [
      [
        'json.py',
        () => {
          rmSync(join(directory, 'json.py'));
        },
      ],
      [
        'plugin.py',
        () => {
          writeFileSync(join(directory, 'plugin.py'), '');
        },
      ],
    ] as const) {
      appendFileSync(join(directory, change), 'evil');
      await expect(env.restartPlugin(id)).rejects.toMatchObject({
        code: 'CHECKSUM_MISMATCH',
        facts: { file: directory },
      });
      undo();
      await env.activate(id);
    }
    symlinkSync('plugin.py', join(directory, 'json.py'));
    await expect(env.restartPlugin(id)).rejects.toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    rmSync(join(directory, 'json.py'));
    symlinkSync('/dev/null', join(directory, 'json.py'));
    await expect(env.restartPlugin(id)).rejects.toMatchObject({ code: 'PATH_ESCAPES_BUNDLE' });
  });

  it('of a bundle can be computed with shell tools', async () => {
    const { directory, pluginDir, id } = bundle();
    writeFileSync(join(directory, 'a b.txt'), 'data');
    const [locked] = await lockPlugins(pluginDir, { bundle: true });
    const digest = (text: string) => createHash('sha256').update(text).digest('hex');
    const meaning = `{"id":"${id}","name":"The fake plugin ${id}","server":{"executable":"plugin.py"},"version":"1.0.0"}`;
    const listing = [
      `file ${digest('data')} "a b.txt"`,
      `file ${digest(meaning)} "plugin.json"`,
      `file ${digest('')} "plugin.py"`,
    ];
    expect(locked).toMatchObject({ checksums: { bundle: `sha256:${digest(`${listing.join('\n')}\n`)}` } });
  });
});

describe('checksums of a bare program', () => {
  const command = fakeInterpreterPath('healthy');
  const program = (fields: Partial<ProgramOptions>): EnvironmentOptions => ({
    programs: [{ id: 'bare', command, ...fields }],
  });

  it('let it start when the program and the named files are unchanged', async () => {
    const { directory } = bundle();
    const checksums = { [command]: sumOf(readFileSync(command)), 'plugin.py': empty };
    const env = await environment(program({ cwd: directory, checksums }));
    await env.activate('bare');
  });

  it('are of the file that PATH leads to, which is started', async () => {
    const checksums = { node: sumOf(readFileSync(process.execPath)) };
    const env = await environment(program({ command: 'node', args: [command], checksums }));
    const path = process.env['PATH'];
    process.env['PATH'] = `${join(process.execPath, '..')}:${path}`;
    afterTest(() => {
      process.env['PATH'] = path;
    });
    await env.activate('bare');
    expect(env.status('bare').command?.[0]).toBe(process.execPath);
  });

  it('refuse another program', async () => {
    const error = await refusal(await environment(program({ checksums: { [command]: empty } })), 'bare');
    expect(error).toMatchObject({ code: 'CHECKSUM_MISMATCH', facts: { file: command, expected: empty } });
  });

  it.each<[string, Record<string, string>]>([
    ['an unknown algorithm', { [command]: 'crc32:00' }],
    ['an empty checksum', { [command]: '' }],
    ['no file', {}],
  ])('are refused with %s', async (_, checksums) => {
    await expect(createEnvironment(program({ checksums }))).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

describe('a lock file', () => {
  it('lets locked plugins start, and refuses a changed entry and a changed manifest', async () => {
    const { directory, pluginDir, id } = bundle();
    await lockPlugins(pluginDir, { algorithm: 'sha512' });
    const env = await environment({ pluginDir, lockFile: true });
    await env.activate(id);
    for (const file of ['plugin.py', 'plugin.json']) {
      const before = readFileSync(join(directory, file));
      appendFileSync(join(directory, file), ' ');
      await expect(env.restartPlugin(id)).rejects.toMatchObject({
        code: 'CHECKSUM_MISMATCH',
        facts: { file },
      });
      writeFileSync(join(directory, file), before);
    }
    await env.activate(id);
  });

  it('refuses plugins that it does not list, until it is written again', async () => {
    const { pluginDir, id } = bundle();
    await lockPlugins(pluginDir);
    const added = makeFakeBundle('healthy', { directory: pluginDir, id: 'added' });
    const env = await environment({ pluginDir, lockFile: true });
    expect(env.status(added.id)).toMatchObject({ state: 'invalid', error: { code: 'CHECKSUM_MISMATCH' } });
    expect(await refusal(env, added.id)).toMatchObject({ code: 'CHECKSUM_MISMATCH' });
    expect(env.status(id)).toMatchObject({ state: 'idle' });
    await lockPlugins(pluginDir);
    await env.activate(added.id);
  });

  it('may be elsewhere, and leaves no temporary file beside it', async () => {
    const { directory, pluginDir, id } = bundle();
    const elsewhere = bundle().pluginDir;
    const file = join(elsewhere, 'my.lock');
    await lockPlugins(pluginDir, { file });
    const env = await environment({ bundles: [directory], lockFile: file });
    await env.activate(id);
    expect(readdirSync(elsewhere).sort()).toEqual(['healthy', 'my.lock']);
    expect(readdirSync(pluginDir)).toEqual(['healthy']);
  });

  it.each<[string, (file: string) => void]>([
    ['missing', () => undefined],
    [
      'corrupt',
      (file) => {
        writeFileSync(file, '{"version": 1,');
      },
    ],
  ])('that is %s is a CONFIG_INVALID that names it', async (_, make) => {
    const { pluginDir } = bundle();
    const file = join(pluginDir, 'plugins.lock.json');
    make(file);
    const error = await createEnvironment({ pluginDir, lockFile: true }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', facts: { file } });
    await expect(checkLockFile(pluginDir)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });

  it('is not written when a bundle cannot be locked', async () => {
    const { pluginDir } = bundle();
    makeFakeBundle('healthy', { directory: pluginDir, id: 'broken', manifest: { server: {} } });
    const outcomes = await lockPlugins(pluginDir);
    expect(outcomes.map(({ plugin, outcome }) => [plugin, outcome])).toEqual([
      ['broken', 'failed'],
      ['healthy', 'locked'],
    ]);
    expect(readdirSync(pluginDir)).not.toContain('plugins.lock.json');
  });

  it.each<EnvironmentOptions>([
    { bundles: ['.'], lockFile: true },
    { pluginDir: '.', lockFile: '' },
  ])('has to be given where there is no default: %j', async (options) => {
    await expect(createEnvironment(options)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
