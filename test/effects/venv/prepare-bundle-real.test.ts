import { execFileSync, spawnSync } from 'node:child_process';
import { locateCommand } from '../../../src/effects/bundle/index.js';
import { prepareBundle } from '../../../src/effects/venv/prepare-bundle.js';
import { manifest, openBundle, useTempDirectory } from '../bundle/support.js';

const { path, write } = useTempDirectory();

/** In CI its absence is a failure; elsewhere a machine without Python's venv module skips what needs it. */
const hasVenv = spawnSync('python3', ['-c', 'import venv, ensurepip']).status === 0;
const itWithPython = hasVenv || process.env['CI'] === 'true' ? it : it.skip;

const run = (command: string, program: string): string =>
  execFileSync(command, ['-c', program], { encoding: 'utf8' }).trim();

/** With the real Python, and neither uv nor any package index. */
async function prepare() {
  const env = { PATH: path('empty'), HOME: path(), PIP_NO_INDEX: '1', PIP_CACHE_DIR: path('cache') };
  const python = run('python3', 'import sys; print(sys.executable)');
  const bundle = await openBundle(path('hello'));
  const outcome = await prepareBundle(bundle, () => undefined, { env, python });
  const { platform, execPath } = process;
  return { outcome, located: await locateCommand(bundle, { env: {}, platform, execPath }) };
}

beforeEach(() => {
  write(
    'hello/plugin.json',
    manifest('com.example.hello', { server: { executable: 'plugin.py', python_version: '>=3.8' } }),
  );
  write('hello/plugin.py');
});

itWithPython('a venv that the real Python makes is the one that the bundle is run with', async () => {
  write('hello/requirements.txt', '# nothing\n');
  const { outcome, located } = await prepare();
  expect(outcome).toMatchObject({ outcome: 'prepared', installer: 'pip' });
  expect(located.command).toBe(path('hello/venv/bin/python'));
  expect(run(located.command, 'import sys; print(sys.prefix)')).toBe(path('hello/venv'));
  expect((await prepare()).outcome).toMatchObject({ outcome: 'unchanged' });
});

// Three seconds of it are Python's ensurepip, which a busy machine stretches.
itWithPython(
  'a local package is installed by the real pip, and the builds it leaves behind are no change',
  async () => {
    write('hello/requirements.txt', './helper\n');
    write(
      'hello/helper/pyproject.toml',
      '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n\n[project]\nname = "helper"\nversion = "1.0"\n',
    );
    write('hello/helper/helper.py', 'answer = 42\n');
    write('hello/helper/backend.py', buildBackend);
    const { outcome, located } = await prepare();
    expect(outcome).toMatchObject({ outcome: 'prepared', installer: 'pip' });
    expect(run(located.command, 'import helper; print(helper.answer)')).toBe('42');
    expect((await prepare()).outcome).toMatchObject({ outcome: 'unchanged' });
  },
  60_000,
);

/** The least that pip takes for a build backend: no package of the index is needed. */
const buildBackend = `
import os, zipfile

def build_wheel(directory, config_settings=None, metadata_directory=None):
    os.makedirs("build/lib", exist_ok=True)
    with open("helper.py") as source, open("build/lib/helper.py", "w") as copy:
        copy.write(source.read())
    info = "helper-1.0.dist-info"
    files = {
        "helper.py": open("helper.py").read(),
        f"{info}/METADATA": "Metadata-Version: 2.1\\nName: helper\\nVersion: 1.0\\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(f"{name},,\\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(os.path.join(directory, "helper-1.0-py3-none-any.whl"), "w") as wheel:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            wheel.writestr(name, text)
    return "helper-1.0-py3-none-any.whl"
`;
