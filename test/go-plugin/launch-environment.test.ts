import fc from 'fast-check';
import {
  launchEnvironment,
  minimalVariables,
  protocolEnvironment,
  protocolVariables,
} from '../../src/go-plugin/index.js';
import type { LaunchEnvironmentInput, ProtocolOffer } from '../../src/go-plugin/index.js';

const handshake = { cookieKey: 'BASIC_PLUGIN', cookieValue: 'hello', protocolVersions: [3, 2] };
const protocolOnly = {
  BASIC_PLUGIN: 'hello',
  PLUGIN_MIN_PORT: '10000',
  PLUGIN_MAX_PORT: '25000',
  PLUGIN_PROTOCOL_VERSIONS: '3,2',
};

function environment(input: Partial<LaunchEnvironmentInput & ProtocolOffer>): Record<string, string> {
  const protocol = protocolEnvironment({ handshake, ...input });
  return launchEnvironment({ host: {}, inherit: 'minimal', user: {}, protocol, ...input });
}

describe('the token', () => {
  it('is the one of this host, even if its environment or the user has another', () => {
    const host = { ESPALIER_TOKEN: 'of the outer host' };
    const user = { ESPALIER_TOKEN: 'made up' };
    const token = '0123456789.1.hello.3';
    expect(environment({ host, user, inherit: 'all', token })).toMatchObject({ ESPALIER_TOKEN: token });
    expect(environment({ host, user, inherit: 'all' })).not.toHaveProperty('ESPALIER_TOKEN');
  });
});

describe('the variables of the protocol', () => {
  it('are the cookie, the ports and the versions when nothing more is offered', () => {
    expect(environment({})).toEqual(protocolOnly);
  });

  it('are all eight when everything is offered', () => {
    const offered = environment({
      minPort: 1,
      maxPort: 2,
      multiplexing: true,
      clientCertificatePem: '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n',
      socketDirectory: '/tmp/gp',
      unixSocketGroup: 'plugins',
    });
    expect(offered).toEqual({
      BASIC_PLUGIN: 'hello',
      PLUGIN_MIN_PORT: '1',
      PLUGIN_MAX_PORT: '2',
      PLUGIN_PROTOCOL_VERSIONS: '3,2',
      PLUGIN_MULTIPLEX_GRPC: 'true',
      PLUGIN_CLIENT_CERT: '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n',
      PLUGIN_UNIX_SOCKET_DIR: '/tmp/gp',
      PLUGIN_UNIX_SOCKET_GROUP: 'plugins',
    });
  });

  it('leave out what is not offered, instead of an empty value or false', () => {
    expect(
      environment({
        multiplexing: false,
        clientCertificatePem: '',
        socketDirectory: '',
        unixSocketGroup: '',
      }),
    ).toEqual(protocolOnly);
  });

  it('name no version when there is none', () => {
    const none = environment({ handshake: { ...handshake, protocolVersions: [] } });
    expect(none['PLUGIN_PROTOCOL_VERSIONS']).toBe('');
  });

  it.each(protocolVariables)('do not take %s from the host or the user', (name) => {
    const own = environment({})[name];
    expect(environment({ inherit: 'all', host: { [name]: 'leaked' } })[name]).toBe(own);
    expect(environment({ inherit: [name], host: { [name]: 'leaked' } })[name]).toBe(own);
    expect(environment({ user: { [name]: 'set' } })[name]).toBe(own);
  });

  it('do not leak in another spelling on Windows, where case does not matter', () => {
    const leaked = environment({
      platform: 'win32',
      inherit: 'all',
      host: { Plugin_Client_Cert: 'leaked', basic_plugin: 'other' },
      user: { plugin_multiplex_grpc: '1' },
    });
    expect(leaked).toEqual(protocolOnly);
  });
});

describe('precedence', () => {
  const host = { PATH: '/host', BASIC_PLUGIN: 'host', TZ: 'UTC' };

  it('lets the user replace what the host has, and the protocol replace both', () => {
    expect(
      environment({ inherit: 'all', host, user: { PATH: '/user', BASIC_PLUGIN: 'user', MINE: '1' } }),
    ).toEqual({
      ...protocolOnly,
      PATH: '/user',
      TZ: 'UTC',
      MINE: '1',
    });
  });

  it('lets the user set a variable that is not inherited from the host', () => {
    expect(environment({ host: { SECRET: 'host' }, user: { SECRET: 'user' } })['SECRET']).toBe('user');
  });

  it('keeps one spelling of a name on Windows, the last one', () => {
    const merged = environment({ platform: 'win32', host: { Path: 'C:\\host' }, user: { PATH: 'C:\\user' } });
    expect(merged).toEqual({ ...protocolOnly, PATH: 'C:\\user' });
  });

  it('keeps both spellings of a name elsewhere', () => {
    const merged = environment({ inherit: 'all', host: { Path: 'a' }, user: { PATH: 'b' } });
    expect(merged).toEqual({ ...protocolOnly, Path: 'a', PATH: 'b' });
  });
});

describe('inheriting from the host', () => {
  const host = {
    PATH: '/bin',
    HOME: '/home/u',
    LC_ALL: 'C.UTF-8',
    LC_TIME: 'de_DE',
    TMPDIR: '/tmp/x',
    PYTHONPATH: '/elsewhere',
    VIRTUAL_ENV: '/venv',
    NODE_OPTIONS: '--inspect',
    LD_PRELOAD: 'evil.so',
    HTTPS_PROXY: 'http://user:secret@proxy',
    AWS_SECRET_ACCESS_KEY: 'secret',
    SSH_AUTH_SOCK: '/agent',
    SHELL: '/bin/zsh',
    UNSET: undefined,
  };

  it('passes on the minimum, without secrets and interpreter settings', () => {
    expect(environment({ host })).toEqual({
      ...protocolOnly,
      PATH: '/bin',
      HOME: '/home/u',
      LC_ALL: 'C.UTF-8',
      LC_TIME: 'de_DE',
      TMPDIR: '/tmp/x',
    });
  });

  it('passes on everything that is set under all', () => {
    // toEqual passes over the undefined ones, so the names are compared as well.
    const all = environment({ host, inherit: 'all' });
    expect(all).toEqual({ ...protocolOnly, ...host });
    expect(Object.keys(all)).not.toContain('UNSET');
  });

  it('passes on exactly the named variables, and families by a star', () => {
    expect(environment({ host, inherit: ['HTTPS_PROXY', 'LC_*', 'ABSENT', 'UNSET'] })).toEqual({
      ...protocolOnly,
      HTTPS_PROXY: 'http://user:secret@proxy',
      LC_ALL: 'C.UTF-8',
      LC_TIME: 'de_DE',
    });
  });

  it('passes on nothing for an empty list', () => {
    expect(environment({ host, inherit: [] })).toEqual(protocolOnly);
  });

  it('finds names in any case on Windows and only there', () => {
    const windows = { Path: 'C:\\', SystemRoot: 'C:\\Windows' };
    expect(environment({ host: windows, platform: 'win32' })).toEqual({ ...protocolOnly, ...windows });
    expect(environment({ host: windows, platform: 'win32', inherit: ['path', 'System*'] })).toEqual({
      ...protocolOnly,
      ...windows,
    });
    expect(environment({ host: windows, platform: 'linux' })).toEqual(protocolOnly);
  });

  it("never passes on a variable that is neither minimal, nor the user's, nor of the protocol", () => {
    const name = fc.oneof(
      fc.constantFrom(...minimalVariables, ...protocolVariables, 'LC_X', '__proto__', 'SECRET'),
      fc.string({ minLength: 1 }),
    );
    const variables = fc.dictionary(name, fc.string(), { maxKeys: 12 });
    fc.assert(
      fc.property(variables, variables, (host, user) => {
        const merged = environment({ host, user });
        for (const [key, value] of Object.entries(merged)) {
          if (Object.hasOwn(protocolOnly, key))
            expect(value).toBe(protocolOnly[key as keyof typeof protocolOnly]);
          else if (Object.hasOwn(user, key)) expect(value).toBe(user[key]);
          else
            expect([key.startsWith('LC_') || minimalVariables.includes(key), host[key]]).toEqual([
              true,
              value,
            ]);
        }
      }),
    );
  });
});
