import { normalizeBundlePath, resolveRuntime, type ResolvedRuntime } from '../../src/bundle/index.js';
import type { Manifest } from '../../src/model/index.js';

function manifestOf(server: Manifest['server'], props?: Record<string, unknown>): Manifest {
  return { id: 'abc', name: 'abc', version: '0.0.0', server, props, requires: [], supervision: {}, env: {} };
}

function errorOf(resolved: ResolvedRuntime) {
  if (resolved.ok) throw new Error(`resolved to ${resolved.entry}`);
  expect(resolved.error).toMatchObject({ plugin: 'abc', phase: 'manifest' });
  return resolved.error;
}

describe('the runtime', () => {
  it.each<[string, Manifest['server'], Record<string, unknown> | undefined, string]>([
    ['server.runtime says so', { runtime: 'python', executable: 'main' }, undefined, 'python'],
    ['the entry ends in .py', { executable: 'plugin.py' }, undefined, 'python'],
    ['the entry ends in .PY', { executable: 'PLUGIN.PY' }, undefined, 'python'],
    ['props.runtime says so', { executable: 'main' }, { runtime: 'python' }, 'python'],
    ['server.runtime says so', { runtime: 'node', executable: 'main' }, undefined, 'node'],
    ['the entry ends in .js', { executable: 'dist/main.js' }, undefined, 'node'],
    ['the entry ends in .mjs', { executable: 'main.mjs' }, undefined, 'node'],
    ['the entry ends in .cjs', { executable: 'main.cjs' }, undefined, 'node'],
    ['nothing says otherwise', { executable: 'bin/plugin' }, undefined, 'executable'],
    ['props.runtime is something else', { executable: 'bin/plugin' }, { runtime: 'wasm' }, 'executable'],
    [
      'server.runtime overrules the ending',
      { runtime: 'executable', executable: 'plugin.py' },
      undefined,
      'executable',
    ],
    [
      'server.runtime overrules props',
      { runtime: 'node', executable: 'main' },
      { runtime: 'python' },
      'node',
    ],
  ])('%s: %j with %j is %s', (_, server, props, runtime) => {
    expect(resolveRuntime(manifestOf(server, props), 'linux', 'x64')).toMatchObject({ ok: true, runtime });
  });
});

describe('the entry', () => {
  const executables = {
    'linux-amd64': 'l',
    'darwin-arm64': 'd',
    'windows-amd64': 'w.exe',
    'linux-386': 'l32',
    'linux-arm': 'arm',
  };

  it.each([
    ['linux', 'x64', 'l'],
    ['linux', 'ia32', 'l32'],
    ['linux', 'arm', 'arm'],
    ['darwin', 'arm64', 'd'],
    ['win32', 'x64', 'w.exe'],
    ['linux', 's390x', 'fallback'],
  ])('on %s %s is %s', (platform, arch, entry) => {
    const manifest = manifestOf({ executables, executable: 'fallback' });
    expect(resolveRuntime(manifest, platform, arch)).toEqual({ ok: true, runtime: 'executable', entry });
  });

  it.each([
    ['./a//b/../c.py', 'linux', 'a/c.py'],
    ['a/../plugin.py', 'linux', 'plugin.py'],
    ['server\\plugin.exe', 'win32', 'server/plugin.exe'],
    ['odd\\name', 'linux', 'odd\\name'],
    ['..hidden', 'linux', '..hidden'],
  ])('%s on %s is %s', (executable, platform, entry) => {
    expect(resolveRuntime(manifestOf({ executable }), platform, 'x64')).toMatchObject({ ok: true, entry });
  });

  it.each([
    ['../plugin.py', 'linux'],
    ['a/../../plugin.py', 'linux'],
    ['..', 'linux'],
    ['/usr/bin/python3', 'linux'],
    ['C:\\Windows\\plugin.exe', 'win32'],
    ['c:plugin.exe', 'win32'],
    ['\\\\server\\share\\plugin.exe', 'win32'],
    ['a\\..\\..\\plugin.exe', 'win32'],
  ])('%s on %s leaves the bundle', (executable, platform) => {
    const error = errorOf(resolveRuntime(manifestOf({ executable }), platform, 'x64'));
    expect(error).toMatchObject({ code: 'PATH_ESCAPES_BUNDLE', facts: { path: executable } });
    expect(error.message).toBe(`server.executable is "${executable}", which is not inside the bundle.`);
  });

  it.each(['venv_path', 'requirements_path'] as const)(
    'beside a %s outside the bundle is refused',
    (field) => {
      const python = { dependency_mode: 'venv', [field]: '../shared' } as const;
      const error = errorOf(resolveRuntime(manifestOf({ executable: 'plugin.py', python }), 'linux', 'x64'));
      expect(error.code).toBe('PATH_ESCAPES_BUNDLE');
      expect(error.message).toBe(`server.python.${field} is "../shared", which is not inside the bundle.`);
    },
  );

  it('that exists only for other machines is not found, and they are named', () => {
    const server = { executables: { 'linux-amd64': 'a', 'darwin-arm64': 'b' } };
    const error = errorOf(resolveRuntime(manifestOf(server), 'win32', 'arm64'));
    expect(error.code).toBe('EXECUTABLE_NOT_FOUND');
    expect(error.message).toBe(
      'The plugin has no executable for windows-arm64, only for linux-amd64, darwin-arm64.',
    );
  });

  it('that is not named at all is not found', () => {
    const error = errorOf(resolveRuntime(manifestOf({}), 'linux', 'x64'));
    expect(error).toMatchObject({
      code: 'EXECUTABLE_NOT_FOUND',
      message: 'The manifest names no executable.',
    });
    expect(error.hint).toContain('server.executable');
  });
});

describe('a path in a bundle', () => {
  it('is the bundle itself when nothing is left of it', () => {
    expect(normalizeBundlePath('a/..', 'linux')).toBe('.');
  });
});
