import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { readBundle, scanBundles, type ScannedBundle } from '../../../src/effects/bundle/index.js';
import { manifest, rejectionOf, useTempDirectory } from './support.js';

const { path, write } = useTempDirectory();

function errorOf(scanned: ScannedBundle | undefined) {
  if (scanned === undefined || scanned.ok) throw new Error('it is no broken bundle');
  return scanned.error;
}

describe('a scan of many bundles', () => {
  it('lets the event loop turn between any two of its manifests', async () => {
    const count = 50;
    for (let index = 0; index < count; index += 1)
      write(`b${index}/plugin.json`, manifest(`bundle-${index}`));
    let turns = 0;
    let isDone = false;
    const turn = (): void => {
      turns += 1;
      if (!isDone) setImmediate(turn);
    };
    setImmediate(turn);
    expect(await scanBundles(path())).toHaveLength(count);
    isDone = true;
    expect(turns).toBeGreaterThanOrEqual(count);
  });

  it('with two manifests that nest too deep lists both as broken', async () => {
    const deep = `{"id":"deep","props":${'{"a":'.repeat(3000)}1${'}'.repeat(3000)}}`;
    write('one/plugin.json', deep);
    write('two/plugin.yaml', deep);
    const found = await scanBundles(path());
    expect(found.map(({ ok, id }) => [ok, id])).toEqual([
      [false, 'one'],
      [false, 'two'],
    ]);
  });
});

describe("Mattermost's own manifests", () => {
  it('run a Go program, and a Python script by its entry_point', async () => {
    const go = {
      id: 'com.example.go',
      server: { runtime: 'go', executables: { 'linux-amd64': 'server/dist/p' } },
    };
    write('go/plugin.json', JSON.stringify({ ...go, server: { ...go.server, executable: 'server/dist/p' } }));
    write('go/server/dist/p');
    write(
      'py/plugin.json',
      JSON.stringify({
        id: 'com.example.py',
        server: { runtime: 'python', python: { entry_point: 'server/main.py' } },
      }),
    );
    write('py/server/main.py');
    expect(await scanBundles(path())).toMatchObject([
      { ok: true, id: 'com.example.go', bundle: { runtime: 'executable', entry: 'server/dist/p' } },
      { ok: true, id: 'com.example.py', bundle: { runtime: 'python', entry: 'server/main.py' } },
    ]);
  });

  it.each([
    [{ executable: 'a.py', python: { entry_point: 'b.py' } }, 'a.py', 'python'],
    [{ python: { entry_point: 'b' } }, 'b', 'python'],
    [{ python: { entry_point: 'b', dependency_mode: 'venv' } }, 'b', 'python'],
    [{ runtime: 'go', executable: 'a.py' }, 'a.py', 'executable'],
  ])('of %j start %s with %s', async (server, entry, runtime) => {
    write('one/plugin.json', JSON.stringify({ id: 'com.example.one', server }));
    for (const file of ['a.py', 'b.py', 'b']) write(`one/${file}`);
    expect(await scanBundles(path())).toMatchObject([{ ok: true, bundle: { entry, runtime } }]);
  });

  it('of a webapp alone are no plugin here, and say so where one is named', async () => {
    const webapp = { id: 'com.example.theme', webapp: { bundle_path: 'webapp/dist/main.js' } };
    write('theme/plugin.json', JSON.stringify(webapp));
    expect(await scanBundles(path())).toEqual([]);
    const named = await readBundle(path('theme'));
    expect(named).toMatchObject({ ok: false, id: 'com.example.theme', error: { code: 'MANIFEST_INVALID' } });
    expect(named.ok ? '' : named.error.message).toContain('only a webapp');
    write('theme/plugin.json', JSON.stringify({ ...webapp, backend: { executable: 'run' } }));
    write('theme/run');
    expect(await scanBundles(path())).toMatchObject([{ ok: true, id: 'com.example.theme' }]);
  });
});

describe('a directory of bundles', () => {
  it('is scanned one level deep, and its bundles are sorted by id', async () => {
    write('z/plugin.json', manifest('com.example.a'));
    write('z/plugin.py');
    write('a/plugin.yaml', 'id: com.example.B\nserver: { executable: bin/main.js }\n');
    write('a/bin/main.js');
    write('c/plugin.yml', 'id: com.example.c\nserver: { executable: run, runtime: executable }\n');
    write('c/run');
    write('c/inner/plugin.json', manifest('com.example.inner'));
    const [first, ...others] = await scanBundles(path());
    expect(first).toEqual({
      ok: true,
      id: 'com.example.a',
      bundle: {
        directory: path('z'),
        path: path('z'),
        manifestPath: path('z/plugin.json'),
        manifest: {
          id: 'com.example.a',
          name: 'com.example.a',
          version: '0.0.0',
          server: { executable: 'plugin.py' },
          requires: [],
          supervision: {},
          env: {},
        },
        runtime: 'python',
        entry: 'plugin.py',
      },
    });
    expect(others).toMatchObject([
      { ok: true, id: 'com.example.b', bundle: { runtime: 'node', entry: 'bin/main.js' } },
      { ok: true, id: 'com.example.c', bundle: { runtime: 'executable', entry: 'run' } },
    ]);
  });

  it('may hold other things, which are passed over', async () => {
    write('.git/plugin.json', manifest('com.example.hidden'));
    write('plugin.json', manifest('com.example.outside'));
    write('README.md');
    write('not-a-bundle/plugin.toml');
    write('plugins.d/deeper/plugin.json', manifest('com.example.deeper'));
    symlinkSync(path('README.md'), path('link-to-a-file'));
    expect(await scanBundles(path())).toEqual([]);
  });

  it('may hold links to bundles elsewhere', async () => {
    write('elsewhere/hello/plugin.json', manifest('com.example.hello'));
    write('elsewhere/hello/plugin.py');
    mkdirSync(path('plugins'));
    symlinkSync('../elsewhere/hello', path('plugins/hello'));
    expect(await scanBundles(path('plugins'))).toMatchObject([
      { ok: true, bundle: { directory: path('elsewhere/hello') } },
    ]);
  });

  it('lists a link to a directory that is gone', async () => {
    symlinkSync('nowhere', path('Gone'));
    const [gone, ...others] = await scanBundles(path());
    expect(others).toEqual([]);
    expect(gone).toMatchObject({ ok: false, id: 'gone', directory: path('Gone') });
    expect(errorOf(gone)).toMatchObject({ code: 'MANIFEST_INVALID', plugin: 'gone' });
  });

  it('lists broken bundles beside the whole ones', async () => {
    write('good/plugin.json', manifest('com.example.good'));
    write('good/plugin.py');
    write('Bad-JSON/plugin.json', '{\n  "id": "com.example.bad",\n}\n');
    write('bad-field/plugin.yaml', 'id: com.example.Field\nserver:\n  executable: [plugin.py]\n');
    const scanned = await scanBundles(path());
    expect(scanned.map(({ ok, id }) => [ok, id])).toEqual([
      [false, 'bad-json'],
      [false, 'com.example.field'],
      [true, 'com.example.good'],
    ]);
    expect(errorOf(scanned[0]).message).toBe(
      `${path('Bad-JSON/plugin.json')}:3:1: unexpected }, a key in double quotes was expected`,
    );
    expect(errorOf(scanned[1]).message).toBe(
      `${path('bad-field/plugin.yaml')}:3:15: server.executable must be a string`,
    );
  });

  it('gives an id that two bundles claim to neither', async () => {
    for (const name of ['hello-1.0', 'hello-1.1']) {
      write(`${name}/plugin.json`, manifest('com.example.hello'));
      write(`${name}/plugin.py`);
    }
    const scanned = await scanBundles(path());
    expect(scanned).toMatchObject([
      {
        ok: false,
        id: 'com.example.hello',
        error: { code: 'PLUGIN_DUPLICATE', facts: { others: [path('hello-1.1')] } },
      },
      {
        ok: false,
        id: 'com.example.hello',
        error: { code: 'PLUGIN_DUPLICATE', facts: { others: [path('hello-1.0')] } },
      },
    ]);
  });

  it('refuses what needs a later server', async () => {
    write('hello/plugin.json', manifest('com.example.hello', { min_server_version: '9.5' }));
    write('hello/plugin.py');
    expect(await scanBundles(path(), { hostVersion: '9.6.0' })).toMatchObject([{ ok: true }]);
    expect(await scanBundles(path())).toMatchObject([{ ok: true }]);
    expect(await scanBundles(path(), { hostVersion: '9.4.0' })).toMatchObject([
      {
        ok: false,
        id: 'com.example.hello',
        error: { code: 'MANIFEST_INVALID', facts: { hostVersion: '9.4.0' } },
      },
    ]);
  });

  it('may be large', async () => {
    for (let index = 0; index < 300; index += 1) {
      write(`p${index}/plugin.json`, manifest(`com.example.p${index}`));
      write(`p${index}/plugin.py`);
    }
    const scanned = await scanBundles(path());
    expect(scanned.filter(({ ok }) => ok)).toHaveLength(300);
  });

  it.each(['missing', 'a-file'])('that is %s is an error of the configuration', async (name) => {
    write('a-file');
    expect(await rejectionOf(scanBundles(path(name)))).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(path(name)) as string,
    });
  });
});

describe('the entry of a bundle', () => {
  const read = async () => errorOf(await readBundle(path('hello')));

  beforeEach(() => {
    write('hello/plugin.json', manifest('com.example.hello'));
  });

  it('that is not there is not found', async () => {
    const error = await read();
    expect(error).toMatchObject({
      code: 'EXECUTABLE_NOT_FOUND',
      plugin: 'com.example.hello',
      phase: 'manifest',
    });
    expect(error.message).toBe('plugin.py is not in the bundle, or cannot be reached.');
  });

  it('that is a directory is not found', async () => {
    mkdirSync(path('hello/plugin.py'));
    expect(await read()).toMatchObject({ code: 'EXECUTABLE_NOT_FOUND', message: 'plugin.py is not a file.' });
  });

  it('that is a link to nothing is not found, and the link is named', async () => {
    symlinkSync('build/plugin.py', path('hello/plugin.py'));
    expect(await read()).toMatchObject({
      code: 'EXECUTABLE_NOT_FOUND',
      message: 'plugin.py is a link to build/plugin.py, which is not there.',
    });
  });

  it('may be a link within the bundle', async () => {
    write('hello/src/plugin.py');
    symlinkSync('src/plugin.py', path('hello/plugin.py'));
    expect(await readBundle(path('hello'))).toMatchObject({ ok: true, bundle: { entry: 'plugin.py' } });
  });

  it('may not be a link out of the bundle', async () => {
    write('secret.py');
    symlinkSync('../secret.py', path('hello/plugin.py'));
    expect(await read()).toMatchObject({
      code: 'PATH_ESCAPES_BUNDLE',
      message: `plugin.py leads out of the bundle, to ${path('secret.py')}.`,
    });
  });

  it('may not lie in a directory that is a link out of the bundle', async () => {
    write('outside/plugin.py');
    write('hello/plugin.json', manifest('com.example.hello', { server: { executable: 'src/plugin.py' } }));
    symlinkSync('../outside', path('hello/src'));
    expect(await read()).toMatchObject({ code: 'PATH_ESCAPES_BUNDLE' });
  });

  it('may not lie in a neighbour whose name begins alike', async () => {
    write('hello-2/plugin.py');
    symlinkSync('../hello-2/plugin.py', path('hello/plugin.py'));
    expect(await read()).toMatchObject({ code: 'PATH_ESCAPES_BUNDLE' });
  });

  it('may not be named by a path out of the bundle', async () => {
    write('secret.py');
    write('hello/plugin.json', manifest('com.example.hello', { server: { executable: '../secret.py' } }));
    expect(await read()).toMatchObject({ code: 'PATH_ESCAPES_BUNDLE', plugin: 'com.example.hello' });
  });
});

describe('the manifest of a bundle', () => {
  const read = async (name = 'hello') => errorOf(await readBundle(path(name)));

  it('is looked for under three names', async () => {
    mkdirSync(path('hello'));
    const error = await read();
    expect(error).toMatchObject({ code: 'MANIFEST_INVALID', plugin: 'hello' });
    expect(error.message).toContain('plugin.json, plugin.yaml, plugin.yml');
  });

  it('may be there only once', async () => {
    write('hello/plugin.json', manifest('com.example.hello'));
    write('hello/plugin.yml', 'id: com.example.hello');
    const error = await read();
    expect(error.code).toBe('MANIFEST_INVALID');
    expect(error.message).toContain('more than one manifest: plugin.json, plugin.yml');
  });

  it('may be a mebibyte long, and no longer', async () => {
    const text = manifest('com.example.hello', { description: '' });
    write('hello/plugin.py');
    write(
      'hello/plugin.json',
      text.replace('"description":""', `"description":"${'x'.repeat(1024 * 1024 - text.length)}"`),
    );
    expect(await readBundle(path('hello'))).toMatchObject({ ok: true });
    write('hello/plugin.json', `${text}${' '.repeat(1024 * 1024 + 1 - text.length)}`);
    expect((await read()).message).toContain('is larger than 1 MiB');
  });

  it('that is not UTF-8 is refused', async () => {
    mkdirSync(path('hello'));
    write('hello/plugin.json');
    execFileSync('sh', ['-c', `printf '{"id":"\\377\\376"}' > "$1"`, 'sh', path('hello/plugin.json')]);
    expect((await read()).message).toContain('is not UTF-8');
  });

  it('that is a directory is refused', async () => {
    mkdirSync(path('hello/plugin.json'), { recursive: true });
    expect((await read()).message).toContain('plugin.json is not a file');
  });

  it('that is a named pipe is refused, and not waited for', async () => {
    mkdirSync(path('hello'));
    execFileSync('mkfifo', [path('hello/plugin.json')]);
    expect((await read()).message).toContain('plugin.json is not a file');
  });

  it('that is a link to itself is refused', async () => {
    mkdirSync(path('hello'));
    symlinkSync('plugin.json', path('hello/plugin.json'));
    expect(await read()).toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('ELOOP') as string,
    });
  });

  it('of a directory that is not there, or is a file, is refused', async () => {
    write('file');
    expect(await read('missing')).toMatchObject({
      code: 'MANIFEST_INVALID',
      message: expect.stringContaining('ENOENT') as string,
    });
    expect(await read('file')).toMatchObject({
      code: 'MANIFEST_INVALID',
      message: `${path('file')} is not a directory.`,
    });
  });
});
