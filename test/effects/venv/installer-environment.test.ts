import { installerEnv, nonInteractiveEnv } from '../../../src/effects/venv/installer-environment.js';

describe('the environment of an installer', () => {
  it.each([
    'PATH',
    'HOME',
    'LC_ALL',
    'https_proxy',
    'NO_PROXY',
    'PIP_INDEX_URL',
    'UV_CACHE_DIR',
    'PYENV_VERSION',
    'TMPDIR',
  ])('has the host’s %s', (name) => {
    expect(installerEnv({ [name]: 'x' })).toEqual({ [name]: 'x' });
  });

  it.each([
    'DATABASE_URL',
    'AWS_SECRET_ACCESS_KEY',
    'PLUGIN_CLIENT_CERT',
    'MY_PATH',
    'PATHS',
    'NODE_OPTIONS',
  ])('has not the host’s %s', (name) => {
    expect(installerEnv({ [name]: 'x' })).toEqual({});
  });

  it('does not lead one Python to the modules of another', () => {
    const env = nonInteractiveEnv({
      PATH: '/bin',
      PYTHONPATH: '/x',
      PYTHONHOME: '/x',
      VIRTUAL_ENV: '/x',
      PIP_USER: '1',
      GONE: undefined,
    });
    expect(env).toMatchObject({ PATH: '/bin', PIP_USER: '0', PIP_NO_INPUT: '1' });
    expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['PYTHONPATH']));
    expect(env).not.toHaveProperty('PYTHONHOME');
    expect(env).not.toHaveProperty('VIRTUAL_ENV');
    expect(env).not.toHaveProperty('GONE');
  });
});
