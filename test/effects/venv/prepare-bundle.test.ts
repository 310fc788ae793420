import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import {
  prepareBundle,
  type PrepareOptions,
  type PrepareProgress,
} from '../../../src/effects/venv/prepare-bundle.js';
import { isPluginError, type PluginError } from '../../../src/model/index.js';
import { fakeTools } from './fake-tools.js';
import { isGone, manifest, openBundle, rejectionOf, useTempDirectory } from '../bundle/support.js';

const place = useTempDirectory();
const { path, write } = place;
const tools = fakeTools(place);

/** Prepares the bundle, and gives the outcome with what was told. */
async function prepare(options: PrepareOptions = {}) {
  const told: PrepareProgress[] = [];
  const bundle = await openBundle(path('hello'));
  const result = await prepareBundle(bundle, (progress) => told.push(progress), {
    env: tools.env,
    ...options,
  });
  return { ...result, told };
}

async function refusal(options: PrepareOptions = {}): Promise<PluginError> {
  const thrown = await rejectionOf(prepare(options));
  if (!isPluginError(thrown)) throw thrown;
  expect(thrown).toMatchObject({ plugin: 'com.example.hello' });
  return thrown;
}

function bundle(server: object = {}, requirements: string | null = 'things==1.0\n'): void {
  write(
    'hello/plugin.json',
    manifest('com.example.hello', { server: { executable: 'plugin.py', ...server } }),
  );
  write('hello/plugin.py');
  if (requirements !== null) write('hello/requirements.txt', requirements);
}

const inBundle = (): string[] => readdirSync(path('hello')).sort();
const asFound = ['plugin.json', 'plugin.py', 'requirements.txt'];
const prepared = [...asFound, 'venv'];

describe('a bundle that wants no virtual environment', () => {
  it.each([
    ['is no Python plugin', { runtime: 'executable' }, 'things\n'],
    ['has no requirements.txt', {}, null],
    ['brings its own interpreter', { python: { dependency_mode: 'bundled' } }, 'things\n'],
    ["uses the system's Python", { python: { dependency_mode: 'system' } }, 'things\n'],
  ])('as it %s, gets none', async (reason, server, requirements) => {
    bundle(server, requirements);
    const outcome = await prepare();
    expect(outcome).toMatchObject({ outcome: 'not-needed', plugin: 'com.example.hello', told: [] });
    expect(outcome).toHaveProperty('reason', expect.stringContaining(reason));
    expect(existsSync(path('hello/venv'))).toBe(false);
  });
});

describe('a bundle with requirements', () => {
  it('gets a venv by venv and pip, from its own directory, and is told so', async () => {
    const python = tools.python(
      'python3',
      '3.11.7',
      'pwd; echo "  Collecting things"; echo " 50% [===]"; echo "Successfully installed things-1.0"',
    );
    bundle();
    const { told, ...outcome } = await prepare();
    expect(outcome).toEqual({
      outcome: 'prepared',
      plugin: 'com.example.hello',
      venv: path('hello/venv'),
      interpreter: path('hello/venv/bin/python'),
      pythonVersion: '3.11.7',
      installer: 'pip',
    });
    expect(tools.calls()).toEqual([
      `python -m venv ${path('hello/venv')}`,
      `python -m pip install -r ${path('hello/requirements.txt')}`,
    ]);
    expect(told.map(({ step, message }) => `${step}: ${message}`)).toEqual([
      `interpreter: Python 3.11.7 at ${python}`,
      'venv: making the virtual environment with venv',
      'install: installing requirements.txt with pip',
      'install: Collecting things',
      'install: Successfully installed things-1.0',
      'done: venv is ready',
    ]);
    expect(inBundle()).toEqual(prepared);
  });

  it('gets it by uv where uv is', async () => {
    const python = tools.python('python3', '3.11.7');
    tools.uv();
    bundle();
    expect(await prepare()).toMatchObject({ outcome: 'prepared', installer: 'uv' });
    expect(tools.calls()).toEqual([
      `uv venv --python ${python} ${path('hello/venv')}`,
      `uv pip install --python ${path('hello/venv/bin/python')} -r ${path('hello/requirements.txt')}`,
    ]);
    expect(await prepare()).toMatchObject({ outcome: 'unchanged', installer: 'uv' });
  });

  it('has its local packages installed anew by uv, whose cache does not see every edit', async () => {
    tools.python('python3', '3.11.7');
    tools.uv();
    bundle({}, './helper\n');
    await prepare();
    expect(tools.calls()[1]).toContain(' --reinstall -r ');
  });

  it('may name other places for the venv and the requirements', async () => {
    tools.python('python3', '3.11.7');
    bundle({ python: { venv_path: 'env/py', requirements_path: 'deps/all.txt' } }, null);
    write('hello/deps/all.txt', 'things\n');
    expect(await prepare()).toMatchObject({ outcome: 'prepared', venv: path('hello/env/py') });
    expect(tools.calls()[1]).toBe(`python -m pip install -r ${path('hello/deps/all.txt')}`);
  });

  it.each([
    ['that are empty', {}, '# nothing yet\n'],
    ['that are none, but dependency_mode venv', { python: { dependency_mode: 'venv' } }, null],
  ])('%s gets a venv without pip', async (_, server, requirements) => {
    tools.python('python3', '3.11.7');
    bundle(server, requirements);
    expect(await prepare()).toMatchObject({ outcome: 'prepared' });
    expect(tools.calls()).toEqual([`python -m venv --without-pip ${path('hello/venv')}`]);
  });
});

describe('a second run', () => {
  const folder = { 'pyproject.toml': '[project]\n', 'helper/__init__.py': 'A = 1\n' };

  beforeEach(async () => {
    tools.python('python3', '3.11.7');
    bundle({}, '-r more.txt\n./helper\n');
    write('hello/more.txt', 'things\n');
    for (const [name, text] of Object.entries(folder)) write(`hello/helper/${name}`, text);
    expect(await prepare()).toMatchObject({ outcome: 'prepared' });
    tools.calls();
  });

  it('does nothing', async () => {
    const { outcome, told } = await prepare();
    expect(outcome).toBe('unchanged');
    expect(told).toEqual([
      { plugin: 'com.example.hello', step: 'done', message: 'nothing has changed (Python 3.11.7)' },
    ]);
    expect(tools.calls()).toEqual([]);
  });

  it.each<[string, () => unknown]>([
    [
      'what a build leaves in a helper package',
      () => write('hello/helper/build/lib/helper/__init__.py', 'A = 0\n'),
    ],
    ['compiled files', () => write('hello/helper/helper/__pycache__/x.py')],
    ['a file of the plugin', () => write('hello/plugin.py', 'print()\n')],
  ])('does nothing after a change of %s', async (_, change) => {
    change();
    expect(await prepare()).toMatchObject({ outcome: 'unchanged' });
  });

  it.each<[string, () => unknown]>([
    ['the requirements', () => write('hello/requirements.txt', '-r more.txt\n./helper\nother\n')],
    ['a file that they include', () => write('hello/more.txt', 'things==2.0\n')],
    ['a module of a local package', () => write('hello/helper/helper/__init__.py', 'A = 2\n')],
    ["a local package's settings", () => write('hello/helper/pyproject.toml', '[project]\nname = "x"\n')],
    ['the modules of a local package, by a new one', () => write('hello/helper/helper/more.py')],
    [
      'the python_version',
      () => {
        bundle({ python_version: '>=3.10' }, null);
      },
    ],
    [
      "the interpreter's version",
      () => write('hello/venv/bin/python', '#!/bin/sh\necho Python 3.11.8\n', 0o755),
    ],
    [
      'the interpreter, as it is gone',
      () => {
        rmSync(path('hello/venv/bin/python'));
      },
    ],
    [
      'the stamp, as it is gone',
      () => {
        rmSync(path('hello/venv/espalier-prepared.json'));
      },
    ],
    ['the stamp, as it is damaged', () => write('hello/venv/espalier-prepared.json', '{"fingerprint":')],
  ])('makes the venv anew after a change of %s', async (_, change) => {
    write('hello/venv/left-over.py');
    change();
    expect(await prepare()).toMatchObject({ outcome: 'prepared' });
    expect(existsSync(path('hello/venv/left-over.py'))).toBe(false);
    expect(tools.calls()).toHaveLength(2);
    expect(await prepare()).toMatchObject({ outcome: 'unchanged' });
  });

  it('makes the venv anew after the bundle was moved, as a venv knows its place', async () => {
    renameSync(path('hello'), path('moved'));
    const moved = await openBundle(path('moved'));
    expect(await prepareBundle(moved, () => undefined, { env: tools.env })).toMatchObject({
      outcome: 'prepared',
    });
  });

  it('makes the venv anew for another Python that is asked for', async () => {
    const python = tools.python('python3.12', '3.12.1');
    expect(await prepare({ python })).toMatchObject({ outcome: 'prepared', pythonVersion: '3.12.1' });
    expect(await prepare({ python })).toMatchObject({ outcome: 'unchanged', pythonVersion: '3.12.1' });
  });
});

describe('after a run that was cut off', () => {
  beforeEach(() => {
    tools.python('python3', '3.11.7');
    bundle();
  });

  it('a half-made venv is made anew', async () => {
    mkdirSync(path('hello/venv.espalier-old'));
    write('hello/venv/bin/half-made');
    expect(await prepare()).toMatchObject({ outcome: 'prepared' });
    expect(inBundle()).toEqual(prepared);
    expect(readdirSync(path('hello/venv/bin'))).toEqual(['python']);
  });

  it('a half-made venv without any trace is made anew', async () => {
    write('hello/venv/pyvenv.cfg');
    expect(await prepare()).toMatchObject({ outcome: 'prepared' });
    expect(inBundle()).toEqual(prepared);
  });

  it('the venv from before is taken back, and kept where nothing has changed', async () => {
    await prepare();
    tools.calls();
    renameSync(path('hello/venv'), path('hello/venv.espalier-old'));
    write('hello/venv/bin/half-made');
    expect(await prepare()).toMatchObject({ outcome: 'unchanged' });
    expect(tools.calls()).toEqual([]);
    expect(inBundle()).toEqual(prepared);
  });

  it('between the last step and the clearing up, the finished venv stays', async () => {
    await prepare();
    write('hello/venv.espalier-old/bin/python');
    expect(await prepare()).toMatchObject({ outcome: 'unchanged' });
    expect(inBundle()).toEqual(prepared);
  });
});

describe('a failed install', () => {
  it('says what failed, with the end of its output and what to do', async () => {
    tools.python(
      'python3',
      '3.11.7',
      'yes noise | head -c 20000; echo "ERROR: No matching distribution found for things" >&2; exit 1',
    );
    bundle();
    const error = await refusal();
    expect(error).toMatchObject({
      code: 'PREPARE_FAILED',
      facts: { step: 'install', exitCode: 1, signal: null },
    });
    expect(error.message).toContain('-m pip install -r');
    expect(error.message).toContain('exit code 1');
    expect(error.hint).toContain('no release for this Python');
    const tail = String(error.facts.outputTail);
    expect(tail).toHaveLength(8 * 1024);
    expect(tail).toContain('No matching distribution');
    expect(inBundle()).toEqual(asFound);
  });

  it('leaves the venv from before in its place', async () => {
    tools.python('python3', '3.11.7');
    bundle();
    await prepare();
    write('hello/venv/mark');
    write('hello/requirements.txt', 'nope\n');
    tools.python('python3', '3.11.7', 'exit 1');
    await refusal();
    expect(inBundle()).toEqual(prepared);
    expect(existsSync(path('hello/venv/mark'))).toBe(true);
    write('hello/requirements.txt', 'things==1.0\n');
    expect(await prepare()).toMatchObject({ outcome: 'unchanged' });
  });

  it('of a tool that cannot be started is told likewise', async () => {
    tools.python('python3', '3.11.7');
    write('bin/uv', '#!/nowhere/interpreter\n', 0o755);
    bundle();
    const error = await refusal();
    expect(error.code).toBe('PREPARE_FAILED');
    expect(error.message).toContain('ENOENT');
    expect(inBundle()).toEqual(asFound);
  });
});

describe('an install that hangs', () => {
  // The pids of the fake pip and of a child of it stand in the file before the line is printed.
  const hang = (before = '') =>
    `${before} sleep 100 & echo "$$ $!" > ${path('pids')}; echo "Collecting things"; wait; sleep 100`;
  const pids = () => readFileSync(path('pids'), 'utf8').trim().split(' ').map(Number);

  it('is ended with all its processes when the caller aborts', async () => {
    tools.python('python3', '3.11.7', hang());
    bundle();
    const controller = new AbortController();
    const error = await rejectionOf(
      prepareBundle(
        await openBundle(path('hello')),
        ({ message }) => {
          if (message === 'Collecting things') controller.abort();
        },
        { env: tools.env, signal: controller.signal },
      ),
    );
    expect(error).toMatchObject({ code: 'ENVIRONMENT_STOPPED', plugin: 'com.example.hello' });
    expect(pids()).toHaveLength(2);
    expect(pids().filter((pid) => !isGone(pid))).toEqual([]);
    expect(inBundle()).toEqual(asFound);
  });

  it('is ended at the deadline, also when it ignores the first signal', async () => {
    tools.python('python3', '3.11.7', hang("trap '' INT;"));
    bundle();
    const error = await refusal({ deadlineMs: 500 });
    expect(error).toMatchObject({
      code: 'PREPARE_FAILED',
      facts: { deadlineMs: 500, signal: 'SIGKILL' },
    });
    expect(error.facts.outputTail).toBe('Collecting things\n');
    expect(pids().filter((pid) => !isGone(pid))).toEqual([]);
    expect(inBundle()).toEqual(asFound);
  });

  it('is not begun when the caller has aborted before', async () => {
    tools.python('python3', '3.11.7');
    bundle();
    expect(await refusal({ signal: AbortSignal.abort() })).toMatchObject({ code: 'ENVIRONMENT_STOPPED' });
    expect(tools.calls()).toEqual([]);
    expect(inBundle()).toEqual(asFound);
  });
});

describe('the Python of a venv', () => {
  it('is the first that satisfies python_version', async () => {
    tools.python('python3', '3.9.18');
    tools.python('python3.10', '3.10.13');
    tools.python('python3.12', '3.12.1');
    bundle({ python_version: '>=3.10,<3.12' });
    expect(await prepare()).toMatchObject({ outcome: 'prepared', pythonVersion: '3.10.13' });
  });

  it('may be a later one of the same name on PATH', async () => {
    tools.python('python3', '3.9.18');
    const later = write('later/python3', readFileSync(tools.python('other', '3.11.7'), 'utf8'), 0o755);
    bundle({ python_version: '>=3.10' });
    const env = { PATH: `${path('bin')}:${path('later')}` };
    const { told } = await prepare({ env });
    expect(told[0]?.message).toBe(`Python 3.11.7 at ${later}`);
  });

  it('that is nowhere is named, with what was found', async () => {
    const old = tools.python('python3', '3.9.18');
    const broken = write('bin/python', '#!/bin/sh\nexit 127\n', 0o755);
    bundle({ python_version: '3.12' });
    const error = await refusal();
    expect(error).toMatchObject({
      code: 'INTERPRETER_NOT_FOUND',
      message: `There is no Python 3.12 to make the virtual environment with: ${old} is 3.9.18, ${broken} does not say its version.`,
      facts: { wanted: '3.12' },
    });
    expect(error.hint).toContain('Install Python 3.12');
  });

  it('that was asked for must satisfy python_version too', async () => {
    tools.python('python3', '3.12.1');
    bundle({ python_version: '3.12' });
    expect((await refusal({ python: tools.python('old', '3.9.18') })).message).toContain('is 3.9.18');
  });

  it('is missed when PATH has none', async () => {
    bundle();
    expect((await refusal()).message).toContain('none is on PATH');
  });
});

describe('what may not be replaced by a venv', () => {
  beforeEach(() => {
    tools.python('python3', '3.11.7');
  });

  it('is a directory that holds something else', async () => {
    bundle({ python: { venv_path: 'src' } });
    write('hello/src/precious.py', 'x');
    expect(await refusal()).toMatchObject({ code: 'MANIFEST_INVALID' });
    expect(existsSync(path('hello/src/precious.py'))).toBe(true);
  });

  it('is a file', async () => {
    bundle();
    write('hello/venv', 'x');
    expect(await refusal()).toMatchObject({ code: 'MANIFEST_INVALID' });
    expect(lstatSync(path('hello/venv')).isFile()).toBe(true);
  });

  it('is the bundle itself', async () => {
    bundle({ python: { venv_path: '.' } });
    expect(await refusal()).toMatchObject({ code: 'PATH_ESCAPES_BUNDLE' });
    expect(inBundle()).toEqual(asFound);
  });

  it.each([
    ['a link out of the bundle', 'venv', 'hello/venv'],
    ['a directory behind a link out of the bundle', 'env/venv', 'hello/env'],
  ])('is %s', async (_, venv_path, link) => {
    bundle({ python: { venv_path } });
    write('shared/pyvenv.cfg');
    write('shared/venv/pyvenv.cfg');
    symlinkSync(path('shared'), path(link));
    expect(await refusal()).toMatchObject({ code: 'PATH_ESCAPES_BUNDLE' });
    expect(readdirSync(path('shared')).sort()).toEqual(['pyvenv.cfg', 'venv']);
    expect(lstatSync(path(link)).isSymbolicLink()).toBe(true);
  });

  it('does not matter when the requirements file is missing', async () => {
    bundle({ python: { requirements_path: 'deps.txt' } }, null);
    expect(await refusal()).toMatchObject({
      code: 'MANIFEST_INVALID',
      message: 'The requirements file deps.txt is not in the bundle.',
    });
  });
});
