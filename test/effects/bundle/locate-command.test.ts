import { chmodSync, mkdirSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { locateCommand, type LocateHost } from '../../../src/effects/bundle/index.js';
import type { Bundle } from '../../../src/model/index.js';
import { manifest, openBundle, rejectionOf, useTempDirectory } from './support.js';

const { path, write } = useTempDirectory();

const program = (name: string): string => write(name, '#!/bin/sh\n', 0o755);

function host(fields: Partial<LocateHost> = {}): LocateHost {
  return { env: { PATH: path('bin') }, platform: 'linux', execPath: '/opt/node', ...fields };
}

async function bundleWith(fields: object, entry = 'plugin.py'): Promise<Bundle> {
  write('hello/plugin.json', manifest('com.example.hello', fields));
  write(`hello/${entry}`);
  return openBundle(path('hello'));
}

describe('a Python bundle', () => {
  it('is run unbuffered by its interpreter, in its own directory', async () => {
    const bundle = await bundleWith(
      { server: { executable: 'src/plugin.py', args: ['--verbose'] } },
      'src/plugin.py',
    );
    const python = program('hello/venv/bin/python');
    expect(await locateCommand(bundle, host())).toEqual({
      command: python,
      args: ['-u', path('hello/src/plugin.py'), '--verbose'],
      cwd: path('hello'),
      interpreter: python,
      env: { PYTHONUNBUFFERED: '1' },
    });
  });

  const order = [
    'hello/env/bin/python',
    'hello/env/bin/python3',
    'hello/venv/bin/python',
    'hello/venv/bin/python3',
    'hello/.venv/bin/python',
    'hello/.venv/bin/python3',
    'bin/python3',
    'bin/python',
  ];

  it('takes the first interpreter that is there', async () => {
    const bundle = await bundleWith({
      server: { executable: 'plugin.py', python: { dependency_mode: 'system', venv_path: 'env' } },
    });
    order.forEach(program);
    const taken: string[] = [];
    while (taken.length < order.length) {
      const { interpreter } = await locateCommand(bundle, host());
      taken.push(interpreter ?? '');
      rmSync(interpreter ?? '');
    }
    expect(taken).toEqual(order.map((name) => path(name)));
    expect(await rejectionOf(locateCommand(bundle, host()))).toMatchObject({ code: 'INTERPRETER_NOT_FOUND' });
  });

  it('keeps the path of an interpreter that is a link out of the bundle, as by it Python knows its venv', async () => {
    const bundle = await bundleWith({});
    program('opt/python3.11');
    mkdirSync(path('hello/venv/bin'), { recursive: true });
    symlinkSync(path('opt/python3.11'), path('hello/venv/bin/python'));
    expect(await locateCommand(bundle, host())).toMatchObject({ command: path('hello/venv/bin/python') });
  });

  it('may share a venv by a link', async () => {
    const bundle = await bundleWith({});
    program('shared/bin/python');
    symlinkSync('../shared', path('hello/venv'));
    expect(await locateCommand(bundle, host())).toMatchObject({ command: path('hello/venv/bin/python') });
  });

  it('does not fall back on PATH when its venv is broken', async () => {
    const bundle = await bundleWith({});
    program('bin/python3');
    mkdirSync(path('hello/venv/bin'), { recursive: true });
    symlinkSync('/gone/python3.9', path('hello/venv/bin/python'));
    const error = await rejectionOf(locateCommand(bundle, host()));
    expect(error).toMatchObject({
      code: 'INTERPRETER_NOT_FOUND',
      plugin: 'com.example.hello',
      phase: 'interpreter',
    });
    expect(error).toMatchObject({
      message:
        'venv/bin/python is a link to /gone/python3.9, which is not there (was this Python removed, or the bundle moved?).',
      hint: expect.stringContaining('espalier prepare') as string,
    });
  });

  it('names an interpreter that is not executable', async () => {
    const bundle = await bundleWith({});
    write('hello/venv/bin/python');
    expect(await rejectionOf(locateCommand(bundle, host()))).toMatchObject({
      code: 'INTERPRETER_NOT_FOUND',
      message: 'venv/bin/python is not executable.',
      hint: expect.stringContaining('chmod +x') as string,
    });
  });

  it.each([
    ['venv', /espalier prepare/],
    ['bundled', /unpack it again/],
  ])('with dependency_mode %s does not take one from PATH', async (dependency_mode, hint) => {
    const bundle = await bundleWith({ server: { executable: 'plugin.py', python: { dependency_mode } } });
    program('bin/python3');
    const error = await rejectionOf(locateCommand(bundle, host()));
    expect(error).toMatchObject({
      code: 'INTERPRETER_NOT_FOUND',
      hint: expect.stringMatching(hint) as string,
      facts: { looked: ['venv/bin/python', 'venv/bin/python3', '.venv/bin/python', '.venv/bin/python3'] },
    });
  });

  it('passes over what is on PATH and cannot be run', async () => {
    const bundle = await bundleWith({});
    write('first/python3', 'not executable');
    mkdirSync(path('second/python3'), { recursive: true });
    program('third/python3');
    const PATH = ['relative', '', path('missing'), path('first'), path('second'), path('third')].join(':');
    expect(await locateCommand(bundle, host({ env: { PATH } }))).toMatchObject({
      command: path('third/python3'),
    });
  });

  it('does not take an interpreter from a relative entry of PATH', async () => {
    const bundle = await bundleWith({});
    expect(await rejectionOf(locateCommand(bundle, host({ env: { PATH: '.:bin:' } })))).toMatchObject({
      code: 'INTERPRETER_NOT_FOUND',
      facts: { path: [] },
    });
    expect(await rejectionOf(locateCommand(bundle, host({ env: {} })))).toMatchObject({
      code: 'INTERPRETER_NOT_FOUND',
    });
  });

  it('has its venv elsewhere on Windows', async () => {
    const bundle = await bundleWith({});
    const python = program('hello/.venv/Scripts/python.exe');
    program('hello/venv/bin/python');
    expect(await locateCommand(bundle, host({ platform: 'win32' }))).toMatchObject({ command: python });
  });
});

describe('a Node bundle', () => {
  it("is run by the host's own Node", async () => {
    const bundle = await bundleWith({ server: { executable: 'main.mjs', args: ['a b'] } }, 'main.mjs');
    expect(await locateCommand(bundle, host())).toEqual({
      command: '/opt/node',
      args: [path('hello/main.mjs'), 'a b'],
      cwd: path('hello'),
      interpreter: '/opt/node',
      env: {},
    });
  });
});

describe('an executable bundle', () => {
  it('is run by itself', async () => {
    const bundle = await bundleWith({ server: { executable: 'bin/run', args: ['x'] } }, 'bin/run');
    chmodSync(path('hello/bin/run'), 0o755);
    expect(await locateCommand(bundle, host())).toEqual({
      command: path('hello/bin/run'),
      args: ['x'],
      cwd: path('hello'),
      interpreter: null,
      env: {},
    });
  });

  it('without the executable bit cannot be started, and the cure is named', async () => {
    const bundle = await bundleWith({ server: { executable: 'run' } }, 'run');
    expect(await rejectionOf(locateCommand(bundle, host()))).toMatchObject({
      code: 'EXECUTABLE_NOT_FOUND',
      message: 'run is not executable.',
      hint: `Make it executable: chmod +x ${path('hello/run')}`,
      plugin: 'com.example.hello',
      phase: 'interpreter',
    });
  });
});

describe('a bundle that changed after it was scanned', () => {
  it('may have lost its entry', async () => {
    const bundle = await bundleWith({});
    program('bin/python3');
    unlinkSync(path('hello/plugin.py'));
    expect(await rejectionOf(locateCommand(bundle, host()))).toMatchObject({
      code: 'EXECUTABLE_NOT_FOUND',
      plugin: 'com.example.hello',
      phase: 'interpreter',
    });
  });

  it('may have an entry that leaves it now', async () => {
    const bundle = await bundleWith({});
    unlinkSync(path('hello/plugin.py'));
    symlinkSync(write('outside.py'), path('hello/plugin.py'));
    expect(await rejectionOf(locateCommand(bundle, host()))).toMatchObject({ code: 'PATH_ESCAPES_BUNDLE' });
  });

  it('may be gone', async () => {
    const bundle = await bundleWith({});
    rmSync(path('hello'), { recursive: true });
    expect(await rejectionOf(locateCommand(bundle, host()))).toMatchObject({
      code: 'EXECUTABLE_NOT_FOUND',
      message: expect.stringContaining(path('hello')) as string,
    });
  });
});
