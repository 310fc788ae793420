import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { brokerTestService } from '../../fake-interpreters/lib/broker.js';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import {
  createEnvironment,
  type EnvironmentOptions,
  type PluginError,
  type UnixSocketOptions,
} from '../../src/index.js';
import { afterTest, environmentWith, until } from '../support/environment.js';
import { addEcho } from '../support/echo.js';
import { fakeClientOf } from '../support/fake-client.js';
import { startHostProcess } from '../support/host-process.js';
import { untilTrue } from '../support/until-true.js';

/** A short directory of the test's own, in which everything can be counted. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sock-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

const entriesOf = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' });
const modeOf = (path: string): number => statSync(path).mode & 0o777;
const socketOf = (address: string | null): string => (address ?? '').slice('unix:'.length);

// Root may give files to any group, others only to their own.
const gid = process.getuid?.() === 0 ? 1 : (process.getgid?.() ?? 0);
const groupName = execFileSync('getent', ['group', String(gid)], { encoding: 'utf8' }).split(':')[0] ?? '';

describe("a plugin's unix socket", () => {
  it.each<[string, UnixSocketOptions, number, number]>([
    ['the user of the host', {}, 0o700, 0o700],
    ['a group by its number', { group: gid }, 0o770, 0o710],
    ['a group by its number as text', { group: String(gid) }, 0o770, 0o710],
    ['a group by its name', { group: groupName }, 0o770, 0o710],
    ['a group that may not write', { group: gid, mode: 0o750 }, 0o750, 0o710],
    ['everybody', { mode: 0o755 }, 0o755, 0o711],
  ])('is in a directory for %s', async (_, unixSocket, mode, rootMode) => {
    const directory = temporaryDirectory();
    const { env, id } = await environmentWith('healthy', { unixSocket: { ...unixSocket, directory } });
    await env.activate(id);
    const own = dirname(socketOf(env.status(id).address));
    const root = dirname(own);
    expect(dirname(root)).toBe(directory);
    expect([modeOf(own), modeOf(root)]).toEqual([mode, rootMode]);
    const { group } = unixSocket;
    if (group !== undefined) expect([statSync(own).gid, statSync(root).gid]).toEqual([gid, gid]);
    const variables = await callUnary(fakeClientOf(env, id), fakeService.Env, {});
    expect(variables['PLUGIN_UNIX_SOCKET_DIR']).toBe(own);
    expect(variables['PLUGIN_UNIX_SOCKET_GROUP']).toBe(group?.toString());
    await env.shutdown();
    expect(entriesOf(directory)).toEqual([]);
  });

  it('has sockets of the host beside it, for brokered servers, that the group may use too', async () => {
    const directory = temporaryDirectory();
    const { env, id } = await environmentWith('has-a-broker', { unixSocket: { group: gid, directory } });
    await env.activate(id);
    const { broker } = env.plugin(id);
    const served = await broker.acceptAndServe(broker.nextId(), addEcho);
    const socket = socketOf(served.address);
    expect([modeOf(socket), statSync(socket).gid]).toEqual([0o660, gid]);
    const { text } = await callUnary(fakeClientOf(env, id), brokerTestService.EchoFromHost, {
      id: served.id,
      text: 'hello',
    });
    expect(text).toBe('the host heard hello');
    served.close();
    await untilTrue(() => !existsSync(socket));
  });

  it('has sockets of the host beside it that only its user may use where there is no group', async () => {
    const { env, id } = await environmentWith('has-a-broker');
    await env.activate(id);
    const { broker } = env.plugin(id);
    const { address } = await broker.acceptAndServe(broker.nextId(), addEcho);
    expect(modeOf(socketOf(address)) & 0o022).toBe(0);
  });

  it.each<[UnixSocketOptions, RegExp]>([
    [{ group: 'no-such-group-here' }, /no group "no-such-group-here"/],
    [{ group: '' }, /name or number/],
    [{ group: -1 }, /name or number/],
    [{ group: 2 ** 32 - 1 }, /name or number/],
    [{ mode: 0o077 }, /all rights for the owner/],
    [{ mode: 0o1777 }, /all rights for the owner/],
    [{ directory: '' }, /must be a path/],
    [{ directory: '/no/such/directory' }, /ENOENT/],
    [{ directory: `/tmp/${'x'.repeat(60)}` }, /too long/],
  ])('is refused before a process is started with %j', async (unixSocket, message) => {
    await expect(environmentWith('healthy', { unixSocket })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message) as string,
    });
  });

  it('may be elsewhere, with a warning; it is removed when the plugin is killed', async () => {
    const TMPDIR = temporaryDirectory();
    const { env, id } = await environmentWith('socket-elsewhere', { env: { TMPDIR } });
    const warnings: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.log' && event.entry.source === 'host') warnings.push(event.entry.message);
    });
    await env.activate(id);
    const socket = socketOf(env.status(id).address);
    expect(dirname(socket)).toBe(TMPDIR);
    expect(warnings).toEqual([
      expect.stringContaining(`listens on ${socket}, outside PLUGIN_UNIX_SOCKET_DIR`),
    ]);
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await until(env, id, 'crashed');
    expect(entriesOf(TMPDIR)).toEqual([]);
  });
});

describe('a socket outside of the directory', () => {
  it('is removed when its handshake line is rejected', async () => {
    const TMPDIR = temporaryDirectory();
    const { env, id } = await environmentWith('socket-elsewhere', {
      env: { TMPDIR },
      handshake: { protocolVersions: [77] },
    });
    const error: unknown = await env.activate(id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'APP_VERSION_MISMATCH' });
    expect((error as PluginError).message).toContain(TMPDIR);
    expect(entriesOf(TMPDIR)).toEqual([]);
  });
});

describe('nothing is left in the directory', () => {
  it('when a plugin is killed', async () => {
    const directory = temporaryDirectory();
    const { env, id } = await environmentWith('healthy', { unixSocket: { directory } });
    await env.activate(id);
    const socket = socketOf(env.status(id).address);
    expect(existsSync(socket)).toBe(true);
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await until(env, id, 'crashed');
    expect(existsSync(dirname(socket))).toBe(false);
  });

  it.each<[string, FakeInterpreterName]>([
    ['at its checksum', 'healthy'],
    ['before its line', 'exits-3-before-the-line'],
    ['at its line', 'prints-netrpc'],
    ['at the dial', 'never-accepts'],
    ['at its health', 'health-not-serving'],
    ['at its hook', 'fails-on-activate'],
  ])('when a start fails %s', async (where, name) => {
    const directory = temporaryDirectory();
    const made = makeFakeBundle(name, {
      manifest: where === 'at its checksum' ? { checksums: { 'plugin.py': `sha256:${'0'.repeat(64)}` } } : {},
    });
    afterTest(() => {
      made.remove();
    });
    const env = await createEnvironment({
      bundles: [made.directory],
      unixSocket: { directory },
      policy: { restart: { restart: 'temporary' }, deadlines: { startMs: 1500 } },
    });
    afterTest(() => env.shutdown());
    await expect(env.activate(made.id)).rejects.toThrow();
    const [root = ''] = entriesOf(directory);
    expect(entriesOf(directory)).toEqual([root, `${root}/host.json`]);
    await env.shutdown();
    expect(entriesOf(directory)).toEqual([]);
  });

  it('when a program cannot be started', async () => {
    const directory = temporaryDirectory();
    const env = await createEnvironment({
      programs: [{ command: '/no/such/program' }],
      unixSocket: { directory },
    });
    afterTest(() => env.shutdown());
    await expect(env.activate('program')).rejects.toMatchObject({ code: 'SPAWN_FAILED' });
    const [root = ''] = entriesOf(directory);
    expect(entriesOf(directory)).toEqual([root, `${root}/host.json`]);
  });

  it.each<[string, string, number]>([
    ['calls process.exit', 'process.exit(3)', 3],
    ['throws', "setImmediate(() => { throw new Error('on purpose'); })", 1],
  ])('when the host %s, nor where a plugin made its socket elsewhere', async (_, end, code) => {
    const directory = temporaryDirectory();
    const TMPDIR = temporaryDirectory();
    const bundles = (['healthy', 'socket-elsewhere'] as const).map((name) => {
      const made = makeFakeBundle(name);
      afterTest(() => {
        made.remove();
      });
      return made.directory;
    });
    const host = startHostProcess(
      `const env = await createEnvironment(argument);
       await Promise.all(env.available().map(({ id }) => env.activate(id)));
       console.log('ready');
       process.stdin.once('data', () => { ${end} });`,
      { bundles, unixSocket: { directory }, env: { TMPDIR } },
    );
    await host.printed(/ready/);
    expect(entriesOf(TMPDIR)).toHaveLength(1);
    host.child.stdin?.write('end\n');
    expect(await host.ended).toBe(code);
    expect([entriesOf(directory), entriesOf(TMPDIR)]).toEqual([[], []]);
  });
});

describe('a plugin on TCP', () => {
  it('listens within the ports of the host', async () => {
    const port = await freePort();
    const { env, id } = await environmentWith('healthy-on-tcp', { tcp: { minPort: port, maxPort: port } });
    await env.activate(id);
    expect(env.status(id).address).toBe(`tcp:127.0.0.1:${port}`);
  });

  it.each<EnvironmentOptions['tcp']>([
    { minPort: 0 },
    { maxPort: 65_536 },
    { minPort: 20_000, maxPort: 19_999 },
    { minPort: 25_001 },
    { minPort: 1.5 },
  ])('is not given the ports %j', async (tcp) => {
    await expect(environmentWith('healthy-on-tcp', { tcp })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });

  it('is reached without the proxies of the host', async () => {
    const proxy = `http://127.0.0.1:${await freePort()}`;
    const before = process.env;
    afterTest(() => {
      process.env = before;
    });
    const names = ['http_proxy', 'https_proxy', 'grpc_proxy', 'all_proxy'];
    const proxies: Record<string, string> = {};
    for (const name of names) proxies[name] = proxies[name.toUpperCase()] = proxy;
    process.env = { ...before, ...proxies, no_proxy: '', NO_PROXY: '' };
    const { env, id } = await environmentWith('healthy-on-tcp', { inheritEnv: 'all' });
    await env.activate(id);
    await env.performHealthCheck(id);
    const variables = await callUnary(fakeClientOf(env, id), fakeService.Env, {});
    expect(variables).toMatchObject({ http_proxy: proxy });
  });
});

/** A port without a listener. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
